/** Where a response time lies on the T-Map's height, and where marks go along its edges. */

export interface Scale {
  log: boolean;
  /** The response time at the upper edge, in seconds. */
  top: number;
}

/** A logarithmic height shows so many decades below the top; what was faster lies at the bottom. */
export const DECADES = 3;

/** The share of the height at which a response time lies: 0 the bottom, 1 the top, more above it. */
export function heightOf(scale: Scale, seconds: number): number {
  if (!scale.log) return seconds / scale.top;
  return Math.max(0, 1 + Math.log10(Math.max(seconds, 1e-9) / scale.top) / DECADES);
}

export function secondsAt(scale: Scale, height: number): number {
  if (!scale.log) return Math.max(0, height * scale.top);
  return height <= 0 ? 0 : scale.top * 10 ** ((height - 1) * DECADES);
}

/** Response times to mark, from the lowest up, the top included. About `count` of them when linear. */
export function responseTicks(scale: Scale, count: number): number[] {
  if (scale.log) {
    const found: number[] = [];
    for (let decade = DECADES; decade >= 0; decade -= 1)
      for (const step of [1, 3]) {
        const value = round(10 ** (Math.ceil(Math.log10(scale.top)) - decade) * step);
        if (value >= scale.top / 10 ** DECADES && value < scale.top * 0.9) found.push(value);
      }
    return [...found, scale.top];
  }
  const step = niceStep(scale.top / Math.max(1, count));
  const found: number[] = [];
  for (let value = 0; value < scale.top - step * 0.4; value += step) found.push(round(value));
  return [...found, scale.top];
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].find((one) => one * power >= least * 0.999) ?? 10;
  return round(step * power);
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
];

/** Moments to mark, at round times of the clock on the wall. In seconds since 1970. */
export function timeTicks(from: number, to: number, count: number): { step: number; at: number[] } {
  const step = TIME_STEPS.find((one) => (to - from) / one <= count) ?? TIME_STEPS.at(-1)!;
  const zone = new Date(from * 1000).getTimezoneOffset() * 60;
  const at: number[] = [];
  for (let tick = Math.ceil((from - zone) / step) * step + zone; tick < to; tick += step) at.push(tick);
  return { step, at };
}

const COLUMN_SECONDS = [
  1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 90, 120, 180, 240, 300, 360, 600, 720, 900, 1200, 1800, 3600, 7200,
];

/** How long one column of cells lasts, in whole seconds, so that no more than `most` of them make up the range. */
export function columnSeconds(range: number, most: number): number {
  const wanted = range / Math.max(1, Math.min(most, 998));
  return COLUMN_SECONDS.find((one) => one >= wanted) ?? COLUMN_SECONDS.at(-1)!;
}
