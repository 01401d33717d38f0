/** What a T-Map shows, as the address says it: so that every view can be sent to somebody else. */
import { before } from '../../lib/compare';
import type { Area } from './store';

export interface View {
  /** `all`, `function:approval`, `service:portal`, `route:/portal/**`, `instance:portal-3-1`. */
  subject: string;
  range: RangeKey;
  /** How much time lies between the edges, in seconds. */
  seconds: number;
  /** The right edge, in seconds since 1970; none: now, and it goes on. */
  end: number | undefined;
  /** The day that is shown, `2026-11-20`, when it is one. */
  day: string | undefined;
  /** The response time at the top, in seconds; none: chosen from what there is. */
  top: number | undefined;
  log: boolean;
  /** By what cells are shaded: the square root of how many there are shows more of what is full, the logarithm of what is empty. */
  shade: Shade;
  /** How long before there is another map beside this one, in seconds; none: there is none. */
  beside: number | undefined;
}

export type Shade = 'log' | 'root';

export const RANGES = {
  '10s': 10,
  '1m': 60,
  '5m': 300,
  '10m': 600,
  '30m': 1800,
  '1h': 3600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
} as const;
export type RangeKey = keyof typeof RANGES;
export const TOPS = [0.5, 1, 3, 5, 10, 30, 60] as const;

export function viewOf(params: URLSearchParams, usual: RangeKey = '10m'): View {
  const named = params.get('range') as RangeKey | null;
  const range = named && named in RANGES ? named : usual;
  const top = positive(params.get('top'));
  const shade: Shade = params.get('shade') === 'root' ? 'root' : 'log';
  const common = {
    subject: params.get('subject') ?? 'all',
    range,
    top,
    log: params.get('y') === 'log',
    shade,
    beside: before(params.get('vs')),
  };
  const day = params.get('day');
  const span = day ? dayOf(day) : undefined;
  if (day && span) return { ...common, day, seconds: span.to - span.from, end: span.to };
  const from = positive(params.get('from'));
  const to = positive(params.get('to'));
  if (from !== undefined && to !== undefined && to > from)
    return { ...common, day: undefined, seconds: to - from, end: to };
  return { ...common, day: undefined, seconds: RANGES[range], end: to };
}

/** A day of the clock on the wall, also one of 23 or 25 hours. In whole seconds since 1970. */
export function dayOf(text: string): { from: number; to: number } | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const from = new Date(year, month - 1, day).getTime() / 1000;
  const to = new Date(year, month - 1, day + 1).getTime() / 1000;
  return Number.isFinite(from) ? { from, to } : undefined;
}

/** `2026-11-20` of a moment in seconds since 1970. */
export function dayNamed(at: number): string {
  const date = new Date(at * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** A rectangle in the address: `1790000000.1_1790000010_0.3_1.5`; without the last, all that is above. */
export function areaOf(text: string | null): Area | undefined {
  if (!text) return undefined;
  const [from, to, low, high] = text.split('_').map((part) => (part === '' ? undefined : Number(part)));
  if (from === undefined || to === undefined || low === undefined) return undefined;
  if (![from, to, low, high ?? 0].every(Number.isFinite) || to <= from) return undefined;
  return { from, to, low, high };
}

export function areaText({ from, to, low, high }: Area): string {
  const short = (value: number) => String(Number(value.toFixed(6)));
  return [short(from), short(to), short(low), high === undefined ? '' : short(high)].join('_');
}

function positive(text: string | null): number | undefined {
  const value = Number(text ?? NaN);
  return value > 0 ? value : undefined;
}
