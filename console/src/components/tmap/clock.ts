/** What time it is at the server: the figures are its, and this machine's clock may be off. */
import { createEffect, createRoot } from 'solid-js';
import { status } from '../../api/live';

/** So many messages are looked at; the one that came fastest says most about the difference. */
const KEPT = 20;

const differences: number[] = [];

createRoot(() =>
  createEffect(() => {
    const at = status()?.at;
    if (at === undefined) return;
    differences.push(at / 1e6 - Date.now() / 1000);
    if (differences.length > KEPT) differences.shift();
  }),
);

/** In seconds since 1970. */
export function serverNow(): number {
  return Date.now() / 1000 + (differences.length > 0 ? Math.max(...differences) : 0);
}
