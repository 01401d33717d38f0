/** What a watched figure is measured in, how its values are written for people, and how a condition on it is written for naru. */
import { bytes, number, percent, rate, seconds } from './format';

export type Unit = 'share' | 'apdex' | 'seconds' | 'per_second' | 'bytes_per_second' | 'count' | 'plain';

const UNITS: Record<string, Unit> = {
  apdex: 'apdex',
  error_ratio: 'share',
  requests: 'per_second',
  mean: 'seconds',
  p95: 'seconds',
  p99: 'seconds',
  active_users: 'count',
  in_flight: 'count',
  waiting: 'count',
  workers: 'share',
  traffic: 'bytes_per_second',
  ready: 'count',
  restarts: 'count',
  cpu: 'share',
  memory: 'share',
  swap: 'share',
  disk: 'share',
  network_errors: 'per_second',
  down: 'count',
  heap: 'share',
  metaspace: 'share',
  gc: 'share',
  threads: 'count',
  db_time: 'seconds',
  db_pool: 'share',
};

/** Which figures there are; every other name is that of a metric. */
export const FIGURES = Object.keys(UNITS);

export function unitOf(figure: string): Unit {
  return UNITS[figure] ?? 'plain';
}

export function shown(figure: string, value: number | null | undefined): string {
  switch (unitOf(figure)) {
    case 'share':
      return percent(value);
    case 'apdex':
      return number(value, 2);
    case 'seconds':
      return seconds(value);
    case 'per_second':
      return `${rate(value)}/s`;
    case 'bytes_per_second':
      return `${bytes(value)}/s`;
    case 'count':
      return number(value, 0);
    case 'plain':
      return number(value, 2, false);
  }
}

/** A threshold as conditions have it: `90%`, `500ms`, `20/s`. */
export function written(figure: string, value: number): string {
  const short = (of: number) => String(Number(of.toPrecision(3)));
  switch (unitOf(figure)) {
    case 'share':
      return `${short(value * 100)}%`;
    case 'seconds':
      return value < 1 ? `${Math.round(value * 1000)}ms` : `${short(value)}s`;
    case 'per_second':
      return `${short(value)}/s`;
    case 'count':
      return String(Math.round(value));
    default:
      return short(value);
  }
}

/** A threshold to begin with: somewhat worse than it is now. Apdex, and how many are ready, are worse when lower. */
export function beyond(figure: string, now: number | undefined): { sign: '>' | '<'; threshold: string } {
  const lower = figure === 'apdex' || figure === 'ready';
  const unit = unitOf(figure);
  const value = now ?? 0;
  const away = lower ? value * 0.8 : value * 1.5;
  const usual: Partial<Record<Unit, number>> = { share: 0.9, apdex: 0.7, seconds: 1 };
  const plain = value === 0 ? (usual[unit] ?? 1) : away;
  const limited = unit === 'share' ? Math.min(0.95, plain) : unit === 'apdex' ? Math.min(0.9, plain) : plain;
  return { sign: lower ? '<' : '>', threshold: written(figure, limited) };
}

/** `service-p95` and a number when there is one of that name. */
export function nameFor(owner: string, figure: string, taken: readonly string[]): string {
  const plain = `${owner}-${figure}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? plain : `${plain}-${n}`;
    if (!taken.includes(name)) return name;
  }
}
