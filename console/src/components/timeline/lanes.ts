/** From figures and events to lines and marks on a shared axis of time. No page is needed for it. */
import type { Event, Point } from '../../api/types';
import { groupOf, rank, type Group } from './kinds';

/** Seconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

export interface Sample {
  at: number;
  value: number | null;
}

/** Lines are drawn on so many units across and up, whatever the size of the page. */
export const WIDTH = 1000;
export const HEIGHT = 100;

export function across({ from, to }: Span, at: number): number {
  return ((at - from) / (to - from)) * WIDTH;
}

/** A line of steps: each value holds until the next one. Where nothing was measured there is a gap. */
export function steps(samples: readonly Sample[], span: Span, most: number): string {
  const path: string[] = [];
  let before: number | null = null;
  for (const [index, { at, value }] of samples.entries()) {
    const until = samples[index + 1]?.at ?? span.to;
    if (until <= span.from || at >= span.to) continue;
    if (value !== null) {
      const [x1, x2, y] = [x(span, Math.max(at, span.from)), x(span, Math.min(until, span.to)), level(value, most)];
      path.push(`${before === null ? 'M' : 'L'}${x1} ${y}L${x2} ${y}`);
    }
    before = value;
  }
  return path.join('');
}

/** An area under the same steps. */
export function area(samples: readonly Sample[], span: Span, most: number): string {
  const path: string[] = [];
  for (const [index, { at, value }] of samples.entries()) {
    const until = samples[index + 1]?.at ?? span.to;
    if (value === null || until <= span.from || at >= span.to) continue;
    const [x1, x2] = [x(span, Math.max(at, span.from)), x(span, Math.min(until, span.to))];
    path.push(`M${x1} ${HEIGHT}V${level(value, most)}H${x2}V${HEIGHT}Z`);
  }
  return path.join('');
}

function x(span: Span, at: number): string {
  return across(span, at).toFixed(1);
}

function level(value: number, most: number): string {
  return (HEIGHT - (value / most) * HEIGHT).toFixed(1);
}

export function readyOf(points: readonly Point[]): Sample[] {
  return points.map((point) => ({ at: point.at, value: point.instances }));
}

/** Requests per second. */
export function loadOf(points: readonly Point[]): Sample[] {
  return points.map((point) => ({ at: point.at, value: point.seconds > 0 ? point.requests / point.seconds : null }));
}

/** How many instances were wanted: what each decision said, and at `live` what is wanted now. */
export function wantedOf(events: readonly Event[], now: number, span: Span, live?: number): Sample[] {
  const decided = events.filter((event) => event.decision);
  const first = decided[0]?.decision?.from ?? now;
  const samples: Sample[] = [{ at: span.from, value: first }];
  for (const event of decided) {
    const at = event.at / 1e6;
    if (at < span.from) samples[0] = { at: span.from, value: event.decision!.to };
    else if (at < span.to) samples.push({ at, value: event.decision!.to });
  }
  // Somebody may have asked for another number, without a decision of the policies.
  if (live !== undefined && samples.at(-1)?.value !== now) samples.push({ at: live, value: now });
  return samples;
}

/** The value that held at a moment. */
export function valueAt(samples: readonly Sample[], at: number): number | null {
  return samples.findLast((sample) => sample.at <= at)?.value ?? null;
}

/** At least 4, and no line at the very top. */
export function roof(samples: readonly Sample[]): number {
  const most = samples.reduce((max, sample) => Math.max(max, sample.value ?? 0), 0);
  return Math.max(4, Math.ceil(most * 1.15));
}

export function most(samples: readonly Sample[], span: Span): number {
  return samples.reduce((max, { at, value }) => (at >= span.from && at < span.to ? Math.max(max, value ?? 0) : max), 0);
}

/** One or several events that would lie on top of one another. */
export interface Marker {
  /** Of the one most to be looked at, and by which it is known. */
  event: Event;
  events: Event[];
  /** 0 to 1. */
  at: number;
}

/** Puts events closer than `near` (a share of the width) to the first of them together. They come and go in order of time. */
export function markersOf(events: readonly Event[], span: Span, near: number): Marker[] {
  const found: Marker[] = [];
  for (const event of events) {
    const at = (event.at / 1e6 - span.from) / (span.to - span.from);
    if (at < 0 || at > 1) continue;
    const last = found.at(-1);
    if (last && at - last.at < near) {
      last.events.push(event);
      if (rank(event) > rank(last.event)) last.event = event;
    } else found.push({ event, events: [event], at });
  }
  return found;
}

export function wanted(events: readonly Event[], groups: readonly Group[]): Event[] {
  return events.filter((event) => groups.includes(groupOf(event)));
}

export interface Felt {
  load: number;
  p95: number | null;
  /** 0 to 1. */
  errors: number;
  instances: number | null;
}

/** What was felt over the minute before a moment, or the minute that begins half a minute after it, in whole points. */
export function felt(points: readonly Point[], at: number, after: boolean): Felt | undefined {
  const inside = after ? followed(points, at + 30, at + 90) : preceded(points, at - 60, at);
  const last = inside?.at(-1);
  if (!inside || !last) return undefined;
  const sum = (of: (point: Point) => number) => inside.reduce((all, point) => all + of(point), 0);
  const requests = sum((point) => point.requests);
  return {
    load: requests / sum((point) => point.seconds),
    p95: requests > 0 ? sum((point) => point.p95_seconds * point.requests) / requests : null,
    errors: requests > 0 ? sum((point) => point.service_errors + point.platform_errors) / requests : 0,
    instances: last.instances,
  };
}

/** The points that end within; the last one before when a point is longer than that. */
function preceded(points: readonly Point[], from: number, to: number): Point[] {
  const before = points.filter((point) => point.at + point.seconds <= to);
  const inside = before.filter((point) => point.at >= from);
  return inside.length > 0 ? inside : before.slice(-1);
}

/** The points that begin within, once there is one that goes on to the end. */
function followed(points: readonly Point[], from: number, to: number): Point[] | undefined {
  if (!points.some((point) => point.at + point.seconds >= to)) return undefined;
  const behind = points.filter((point) => point.at >= from);
  const inside = behind.filter((point) => point.at + point.seconds <= to);
  return inside.length > 0 ? inside : behind.slice(0, 1);
}
