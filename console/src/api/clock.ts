/** What time it is at the server: figures bear its time, and this machine's clock may be off. */

/** So many messages are looked at; the one that came fastest says most about the difference. */
const KEPT = 20;

const differences: number[] = [];

/** Takes the time that a message of this moment bears, in microseconds since 1970. */
export function heard(at: number): void {
  differences.push(at / 1e6 - Date.now() / 1000);
  if (differences.length > KEPT) differences.shift();
}

/** In seconds since 1970. */
export function serverNow(): number {
  return Date.now() / 1000 + (differences.length > 0 ? Math.max(...differences) : 0);
}
