/** The transactions in a rectangle: how they are asked for, put in order, and written to a file. */
import { get } from '../../api/client';
import type { Found, Transaction } from '../../api/types';
import type { Area } from './store';

/** Transactions asked for at a time. */
export const PAGE = 200;

/** What narrows the list down further; empty texts do not. */
export interface Narrow {
  errors: boolean;
  /** `404` or `5xx`. */
  status: string;
  /** What the path contains. */
  text: string;
}

/** Those in the area, the latest first; with `before`, those that ended before it or with it. */
export function search(
  subject: string,
  area: Area,
  narrow: Narrow,
  before: Transaction | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const query = {
    subject,
    from: Math.floor(area.from * 1e6),
    // Several may have ended within one microsecond: asked for again, and left out below.
    to: before ? before.end + 1 : Math.ceil(area.to * 1e6),
    at_least: area.low,
    at_most: area.high,
    errors: narrow.errors || undefined,
    status: narrow.status || undefined,
    text: narrow.text || undefined,
    limit: PAGE,
  };
  return get<Found>('transactions', query, signal);
}

/** Adds a page; what is there already is left out. */
export function joined(before: readonly Transaction[], more: readonly Transaction[]): Transaction[] {
  const last = before.at(-1)?.end;
  const known = new Set(before.filter((one) => one.end === last).map((one) => JSON.stringify(one)));
  return [...before, ...more.filter((one) => one.end !== last || !known.has(JSON.stringify(one)))];
}

export const COLUMNS = [
  'end',
  'response_seconds',
  'waiting_seconds',
  'upstream_seconds',
  'function',
  'service',
  'instance',
  'caller',
  'client',
  'method',
  'path',
  'status',
  'fault',
  'attempts',
] as const satisfies readonly (keyof Transaction)[];
export type ColumnName = (typeof COLUMNS)[number];

export interface Order {
  by: ColumnName;
  down: boolean;
}

/** `-response_seconds`: the longest first. */
export function orderOf(text: string | null): Order {
  const down = text?.startsWith('-') ?? true;
  const by = COLUMNS.find((one) => one === text?.replace(/^-/, '')) ?? 'end';
  return { by, down: text === null ? true : down };
}

export function orderText({ by, down }: Order): string | undefined {
  return by === 'end' && down ? undefined : `${down ? '-' : ''}${by}`;
}

export function sorted(all: readonly Transaction[], { by, down }: Order): Transaction[] {
  const turn = down ? -1 : 1;
  return [...all].sort((a, b) => turn * compared(a[by], b[by]) || b.end - a.end);
}

function compared(a: string | number | null, b: string | number | null): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return (a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0;
}

/** Comma-separated values (RFC 4180), with a mark by which spreadsheets know UTF-8. */
export function csv(all: readonly Transaction[]): string {
  const names: (keyof Transaction)[] = [...COLUMNS, 'route', 'received_bytes', 'sent_bytes', 'trace_id'];
  const rows = all.map((one) =>
    names
      .map((name) => (name === 'end' ? new Date(one.end / 1000).toISOString() : one[name]))
      .map(field)
      .join(','),
  );
  return `\uFEFF${[names.join(','), ...rows].join('\r\n')}\r\n`;
}

function field(value: string | number | null): string {
  if (typeof value === 'number') return String(value);
  // A spreadsheet would take it for a formula. Source: OWASP, CSV injection.
  const text = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : (value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
