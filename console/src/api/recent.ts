/** The last five minutes of each subject's rate, for sparklines: asked once, then added to from what comes live. */
import { createSignal, type Accessor } from 'solid-js';
import { serverNow } from './clock';
import { get } from './client';
import type { Point, Status } from './types';

/** One value each so many seconds. */
const STEP = 5;
const KEPT = 60;

interface Line {
  values: Accessor<(number | null)[]>;
  set: (values: (number | null)[]) => void;
  /** Which step the last value is of. */
  step: number;
}

const lines = new Map<string, Line>();
/** Subjects are asked one after the other, so that a page of fifty does not ask fifty times at once. */
let queue = Promise.resolve();

/** Requests per second, oldest first, `KEPT` of them; `null` where nothing is known. `subject`: `service:portal`. */
export function recent(subject: string): Accessor<(number | null)[]> {
  return line(subject).values;
}

function line(subject: string): Line {
  let found = lines.get(subject);
  if (!found) {
    const [values, set] = createSignal<(number | null)[]>(new Array<null>(KEPT).fill(null));
    found = { values, set, step: 0 };
    lines.set(subject, found);
    const made = found;
    queue = queue.then(() => fill(subject, made)).catch(() => undefined);
  }
  return found;
}

async function fill(subject: string, into: Line): Promise<void> {
  const to = Math.floor(serverNow());
  const points = await get<Point[]>('series', { subject, from: to - KEPT * STEP, to, points: KEPT });
  const last = Math.floor(to / STEP);
  const sums = new Array<[number, number] | undefined>(KEPT).fill(undefined);
  for (const point of points) {
    // A point longer than a step is of every step that it reaches into.
    for (let second = point.at; second < point.at + point.seconds; second += STEP) {
      const at = KEPT - 1 - (last - Math.floor(second / STEP));
      if (at < 0 || at >= KEPT) continue;
      const [requests, seconds] = sums[at] ?? [0, 0];
      sums[at] = [requests + point.requests, seconds + point.seconds];
    }
  }
  const live = into.values();
  into.set(
    sums.map((sum, index) => {
      const shifted = live[index + Math.max(0, into.step - last)] ?? null;
      return shifted ?? (sum && sum[1] > 0 ? sum[0] / sum[1] : null);
    }),
  );
}

/** Takes the rates of a status that has just come. */
export function remember(status: Status): void {
  const step = Math.floor(status.at / 1e6 / STEP);
  add('all', step, status.traffic.requests_per_second);
  for (const one of status.services) add(`service:${one.name}`, step, one.traffic.requests_per_second);
  for (const one of status.links) add(`service:${one.name}`, step, one.traffic.requests_per_second);
  for (const one of status.functions) add(`function:${one.name}`, step, one.traffic.requests_per_second);
}

function add(subject: string, step: number, value: number): void {
  const into = lines.get(subject);
  if (!into || step === into.step) return;
  const passed = into.step === 0 ? 1 : Math.min(step - into.step, KEPT);
  const gap = new Array<null>(Math.max(0, passed - 1)).fill(null);
  into.step = step;
  into.set([...into.values(), ...gap, value].slice(-KEPT));
}
