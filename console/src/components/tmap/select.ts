/** From places on the picture to moments and response times, and back: what the pointer and the keyboard mean. */
import { heightOf, secondsAt, type Scale } from './scale';
import type { Area } from './store';

/** The picture, in pixels of the page. The strip for what is above the top lies at its upper edge. */
export interface Frame {
  width: number;
  height: number;
  strip: number;
  /** The moments at its left and right edge, in seconds since 1970. */
  from: number;
  to: number;
  scale: Scale;
}

export interface Place {
  x: number;
  y: number;
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export function momentAt(frame: Frame, x: number): number {
  return frame.from + (clamp(x, 0, frame.width) / frame.width) * (frame.to - frame.from);
}

export function xOf(frame: Frame, at: number): number {
  return ((at - frame.from) / (frame.to - frame.from)) * frame.width;
}

export function yOf(frame: Frame, seconds: number): number {
  const plot = frame.height - frame.strip;
  return frame.strip + (1 - Math.min(1, heightOf(frame.scale, seconds))) * plot;
}

/** What lies between two corners. A corner in the strip means: however long it took. */
export function areaBetween(frame: Frame, a: Place, b: Place): Area {
  const plot = frame.height - frame.strip;
  const upper = clamp(Math.min(a.y, b.y), 0, frame.height);
  const lower = clamp(Math.max(a.y, b.y), 0, frame.height);
  const seconds = (y: number) => secondsAt(frame.scale, 1 - (y - frame.strip) / plot);
  return {
    from: momentAt(frame, Math.min(a.x, b.x)),
    to: momentAt(frame, Math.max(a.x, b.x)),
    // A millionth more than the top: what took exactly that long belongs to the plot.
    low: lower <= frame.strip ? frame.scale.top + 1e-6 : lower >= frame.height ? 0 : seconds(lower),
    high: upper < frame.strip ? undefined : seconds(upper),
  };
}

/** Where an area lies now; nothing when it has left the picture. */
export function boxOf(frame: Frame, area: Area): Box | undefined {
  const left = Math.max(0, xOf(frame, area.from));
  const right = Math.min(frame.width, xOf(frame, area.to));
  if (right <= 0 || left >= frame.width || right < left) return undefined;
  const top = area.high === undefined ? 0 : yOf(frame, area.high);
  const bottom = area.low > frame.scale.top ? frame.strip : yOf(frame, area.low);
  return { left, top, width: right - left, height: Math.max(1, bottom - top) };
}

/** What a press without a drag means: what lies round it. */
export function around(frame: Frame, { x, y }: Place, reach: number): Area {
  return areaBetween(frame, { x: x - reach, y: y - reach }, { x: x + reach, y: y + reach });
}

export function moved(frame: Frame, { x, y }: Place, key: string, step: number): Place | undefined {
  const to: Record<string, Place> = {
    ArrowLeft: { x: x - step, y },
    ArrowRight: { x: x + step, y },
    ArrowUp: { x, y: y - step },
    ArrowDown: { x, y: y + step },
    Home: { x: 0, y },
    End: { x: frame.width, y },
    PageUp: { x, y: 0 },
    PageDown: { x, y: frame.height },
  };
  const found = to[key];
  return found && { x: clamp(found.x, 0, frame.width), y: clamp(found.y, 0, frame.height) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
