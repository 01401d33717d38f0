/**
 * A trace as a waterfall: the gateway's transaction on top, each span below what called it, and the critical path, the time that
 * nobody could have waited less for. Pure. What comes may have holes and circles; nothing here recurses.
 */
import type { Span, Trace, Work } from '../api/traces';
import type { Transaction } from '../api/types';

export interface Row {
  id: string;
  depth: number;
  /** The row above it that it belongs to; -1: none. */
  parent: number;
  /** With all below it that belong to it, itself included. */
  size: number;
  service: string;
  instance: string;
  name: string;
  work: Work | 'gateway';
  error: boolean;
  /** Seconds after the trace began. */
  start: number;
  seconds: number;
  span?: Span;
  transaction?: Transaction;
}

/** A stretch of the critical path, in seconds after the trace began, spent in a row and in nothing below it. */
export interface Segment {
  row: number;
  from: number;
  to: number;
}

/** What spent time on the critical path, spans of the same name together. */
export interface Blame {
  service: string;
  name: string;
  work: Row['work'];
  detail: string;
  seconds: number;
  times: number;
  error: boolean;
  /** The row that spent most. */
  row: number;
}

export interface Waterfall {
  rows: Row[];
  /** When it began, in microseconds since 1970. */
  begin: number;
  seconds: number;
  critical: Segment[];
  /** Of each row, which segments are its own. */
  segments: Map<number, Segment[]>;
  /** The most first. */
  blame: Blame[];
  /** In the order in which they came in. */
  services: string[];
}

interface Node {
  id: string;
  start: number;
  end: number;
  span?: Span;
  transaction?: Transaction;
  children: Node[];
}

export const GATEWAY = 'gateway';

export function waterfall(trace: Trace): Waterfall {
  const roots = nested(trace);
  const begin = roots.reduce((least, node) => Math.min(least, node.start), Infinity);
  const rows = ordered(roots, begin);
  const seconds = rows.reduce((most, row) => Math.max(most, row.start + row.seconds), 0);
  const critical = criticalPath(rows);
  const segments = grouped(critical, (segment) => segment.row);
  return {
    rows,
    begin: Number.isFinite(begin) ? begin : 0,
    seconds,
    critical,
    segments,
    blame: blamed(rows, critical),
    services: [...new Set(rows.map((row) => row.service).filter((name) => name !== GATEWAY))],
  };
}

/** Each under its parent. Without one in the trace, under the shortest transaction of the gateway that was under way. */
function nested({ spans, transactions }: Trace): Node[] {
  const passages = transactions
    .map((transaction, at): Node => {
      const start = transaction.end - transaction.response_seconds * 1e6;
      return { id: `gateway-${at}`, start, end: transaction.end, transaction, children: [] };
    })
    .sort((a, b) => a.end - a.start - (b.end - b.start));
  const all = spans.map((span): Node => ({
    id: span.span_id,
    start: span.start,
    end: span.start + span.seconds * 1e6,
    span,
    children: [],
  }));
  const byId = new Map<string, Node>();
  for (const node of all) if (!byId.has(node.id)) byId.set(node.id, node);
  const roots: Node[] = [];
  for (const node of all) {
    const parent = byId.get(node.span?.parent_id ?? '');
    if (parent && parent !== node) parent.children.push(node);
    else (passageOf(node, passages) ?? { children: roots }).children.push(node);
  }
  // A transaction through a link lies within the call that a service made.
  for (const passage of passages) {
    const own = below([passage]);
    const callers = all.filter((node) => node.span?.kind === 'client' && holds(node, passage) && !own.has(node));
    const caller = callers.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    const outer = passages.find((other) => other !== passage && longer(other, passage) && holds(other, passage));
    (caller ?? outer ?? { children: roots }).children.push(passage);
  }
  // What hangs in a circle is cut open where it began first.
  const reached = below(roots);
  for (const node of [...all].sort((a, b) => a.start - b.start)) {
    if (reached.has(node)) continue;
    roots.push(node);
    for (const one of below([node])) reached.add(one);
  }
  return roots;
}

/** Machines' clocks differ a little. In microseconds. */
const SKEW = 2000;

function holds(outer: Node, inner: Node): boolean {
  return began(outer, inner) && inner.end <= outer.end + SKEW;
}

function began(outer: Node, inner: Node): boolean {
  return inner.start >= outer.start - SKEW && inner.start <= outer.end + SKEW;
}

/** A service may go on with its work after it has answered, and a busy one ends its span late: then it counts when it began. */
function passageOf(span: Node, passages: readonly Node[]): Node | undefined {
  return passages.find((passage) => holds(passage, span)) ?? passages.find((passage) => began(passage, span));
}

function longer(a: Node, b: Node): boolean {
  return a.end - a.start > b.end - b.start;
}

/** These nodes and all that hangs below them. */
function below(nodes: readonly Node[]): Set<Node> {
  const found = new Set<Node>();
  const open = [...nodes];
  for (let node = open.pop(); node; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    for (const child of node.children) open.push(child);
  }
  return found;
}

/** Depth first, by the time they began. */
function ordered(roots: readonly Node[], begin: number): Row[] {
  const rows: Row[] = [];
  const seen = new Set<Node>();
  const byStart = (nodes: readonly Node[]) => [...nodes].sort((a, b) => a.start - b.start || b.end - a.end);
  const open = byStart(roots)
    .reverse()
    .map((node): [Node, number, number] => [node, 0, -1]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, depth, parent] = next;
    if (seen.has(node)) continue;
    seen.add(node);
    rows.push(rowOf(node, depth, parent, begin));
    const own = rows.length - 1;
    for (const child of byStart(node.children).reverse()) open.push([child, depth + 1, own]);
  }
  for (let i = rows.length - 1; i >= 0; i -= 1) {
    const { parent, size } = rows[i]!;
    if (parent >= 0) rows[parent]!.size += size;
  }
  return rows;
}

function rowOf({ id, start, end, span, transaction }: Node, depth: number, parent: number, begin: number): Row {
  const common = { id, depth, parent, size: 1, start: (start - begin) / 1e6, seconds: Math.max(0, end - start) / 1e6 };
  if (transaction) {
    const failed = transaction.fault === 'service' || transaction.fault === 'platform';
    const name = `${transaction.method} ${transaction.path || transaction.route}`;
    return { ...common, service: GATEWAY, instance: '', name, work: 'gateway', error: failed, transaction };
  }
  const { service, instance, name, work, error } = span!;
  return { ...common, service, instance, name, work, error, span: span! };
}

/**
 * Back from the end of each root: the child that ended last held its parent up until then, before it the one that ended last
 * before that one began, and between them the parent itself. Source: critical path analysis of a call tree, as Jaeger shows it.
 */
export function criticalPath(rows: readonly Row[]): Segment[] {
  const children = grouped([...rows.keys()], (row) => rows[row]!.parent);
  const end = (row: number) => rows[row]!.start + rows[row]!.seconds;
  const found: Segment[] = [];
  // Of several beginnings the longest is what somebody waited for.
  const root = (children.get(-1) ?? []).reduce(
    (best, row) => (best < 0 || rows[row]!.seconds > rows[best]!.seconds ? row : best),
    -1,
  );
  const open: Segment[] = root < 0 ? [] : [{ row: root, from: rows[root]!.start, to: end(root) }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { row, from } = next;
    let cursor = next.to;
    for (const child of (children.get(row) ?? []).sort((a, b) => end(b) - end(a))) {
      const begins = Math.max(from, rows[child]!.start);
      const ends = Math.min(cursor, end(child));
      if (ends <= begins) continue;
      if (ends < cursor) found.push({ row, from: ends, to: cursor });
      open.push({ row: child, from: begins, to: ends });
      cursor = begins;
    }
    if (cursor > from) found.push({ row, from, to: cursor });
  }
  return found.sort((a, b) => a.from - b.from);
}

function grouped<T>(all: readonly T[], by: (one: T) => number): Map<number, T[]> {
  const found = new Map<number, T[]>();
  for (const one of all) {
    const group = found.get(by(one));
    if (group) group.push(one);
    else found.set(by(one), [one]);
  }
  return found;
}

function blamed(rows: readonly Row[], critical: readonly Segment[]): Blame[] {
  const own = new Map<number, number>();
  for (const { row, from, to } of critical) own.set(row, (own.get(row) ?? 0) + to - from);
  const found = new Map<string, Blame & { most: number }>();
  for (const [row, seconds] of own) {
    const { service, name, work, span, error } = rows[row]!;
    const key = [service, name, work].join('\t');
    const before = found.get(key);
    const detail = span?.detail ?? '';
    if (!before) found.set(key, { service, name, work, detail, seconds, times: 1, error, row, most: seconds });
    else {
      before.seconds += seconds;
      before.times += 1;
      before.error ||= error;
      if (seconds > before.most) Object.assign(before, { row, most: seconds, detail });
    }
  }
  return [...found.values()].map(({ most: _, ...one }) => one).sort((a, b) => b.seconds - a.seconds);
}

/** The rows that are to be seen while what lies below some is folded away. */
export function unfolded(rows: readonly Row[], folded: ReadonlySet<number>): number[] {
  const shown: number[] = [];
  for (let row = 0; row < rows.length; row += folded.has(row) ? rows[row]!.size : 1) shown.push(row);
  return shown;
}
