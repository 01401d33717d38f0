/**
 * The transactions that a T-Map shows: dots while there are few, cells when there are many. It is filled once for a range,
 * and from then on takes the newest seconds only.
 */
import type { Cells, TransactionMap } from '../../api/types';

/** More transactions than that are shown as cells. The API gives no more dots either. */
export const MOST_DOTS = 20_000;

export interface Figures {
  transactions: number;
  errors: number;
}

/** A rectangle: from and before in seconds since 1970, response times in seconds; no `high`: all that is above. */
export interface Area {
  from: number;
  to: number;
  low: number;
  high: number | undefined;
}

export interface Dots {
  count: number;
  /** When they ended, in seconds since 1970. */
  at: Float64Array;
  /** The response times, in seconds. */
  took: Float32Array;
  failed: Uint8Array;
}

/** Row, transactions, errors; row, transactions, errors... */
export type Column = Uint32Array;

export class Store {
  top = 1;
  rows: number;
  dots: Dots | undefined = emptyDots(1024);
  /** By their number since 1970, when there are too many dots. */
  columns = new Map<number, Column>();

  constructor(
    /** How long one column lasts. Every `from` and `to` of cells is a multiple of it. */
    readonly columnSeconds: number,
    rows: number,
  ) {
    this.rows = rows;
  }

  /** Takes a whole range. */
  load(map: TransactionMap): void {
    this.top = map.top_seconds > 0 ? map.top_seconds : 1;
    this.columns.clear();
    this.dots = undefined;
    if (map.cells) {
      this.rows = map.cells.rows;
      this.takeCells(map.from, map.cells);
      return;
    }
    const dots = map.dots ?? [];
    this.dots = emptyDots(Math.max(1024, dots.length));
    this.takeDots(map.from, dots);
  }

  /** Takes the newest seconds in place of what was there of them. */
  merge(map: TransactionMap): void {
    this.forget(map.from, map.to);
    if (map.cells) {
      if (this.dots) this.toCells();
      this.takeCells(map.from, map.cells);
    } else if (this.dots) {
      this.takeDots(map.from, map.dots ?? []);
      if (this.dots.count > MOST_DOTS) this.toCells();
    } else {
      this.count(dotsOf(map.from, map.dots ?? []));
    }
  }

  /** Lets go what ended before. */
  trim(before: number): void {
    if (this.dots) keep(this.dots, (at) => at >= before);
    for (const column of this.columns.keys())
      if ((column + 1) * this.columnSeconds <= before) this.columns.delete(column);
  }

  figures(area: Area): Figures {
    const sum = { transactions: 0, errors: 0 };
    const most = area.high ?? Infinity;
    this.each(area.from, area.to, (low, high, transactions, errors) => {
      // A dot counts where it is, a cell wherever some of it is.
      if (low === high ? low < area.low || low > most : high <= area.low || low >= most) return;
      sum.transactions += transactions;
      sum.errors += errors;
    });
    return sum;
  }

  /** What is above the top, between two moments. */
  above(from: number, to: number): Figures {
    return this.figures({ from, to, low: this.top * 1.0000001, high: undefined });
  }

  /** Calls back for each dot or cell that ended between: the response times it stands for, transactions, errors, and when. */
  each(
    from: number,
    to: number,
    take: (low: number, high: number, transactions: number, errors: number, at: number) => void,
  ): void {
    if (this.dots) {
      const { count, at, took, failed } = this.dots;
      for (let i = 0; i < count; i += 1)
        if (at[i]! >= from && at[i]! < to) take(took[i]!, took[i]!, 1, failed[i]!, at[i]!);
      return;
    }
    const height = this.top / this.rows;
    for (const [number, column] of this.columns) {
      const middle = (number + 0.5) * this.columnSeconds;
      if (middle < from || middle >= to) continue;
      for (let i = 0; i < column.length; i += 3) {
        const row = column[i]!;
        take(row * height, row >= this.rows ? Infinity : (row + 1) * height, column[i + 1]!, column[i + 2]!, middle);
      }
    }
  }

  /** The number of transactions in the fullest cell. */
  fullest(): number {
    let most = 0;
    for (const column of this.columns.values())
      for (let i = 1; i < column.length; i += 3) if (column[i]! > most) most = column[i]!;
    return most;
  }

  private forget(from: number, to: number): void {
    if (this.dots) keep(this.dots, (at) => at < from || at >= to);
    for (const column of this.columns.keys()) {
      const begins = column * this.columnSeconds;
      if (begins >= from && begins < to) this.columns.delete(column);
    }
  }

  private takeDots(from: number, given: readonly [number, number, 0 | 1][]): void {
    if (!this.dots) return;
    this.dots = withRoom(this.dots, given.length);
    add(this.dots, from, given);
  }

  private takeCells(from: number, cells: Cells): void {
    const first = Math.round(from / this.columnSeconds);
    const sorted = new Map<number, number[]>();
    for (const [column, row, transactions, errors] of cells.used) {
      let into = sorted.get(column);
      if (!into) sorted.set(column, (into = []));
      into.push(row, transactions, errors);
    }
    for (const [column, flat] of sorted) this.columns.set(first + column, Uint32Array.from(flat));
  }

  private toCells(): void {
    const dots = this.dots;
    this.dots = undefined;
    if (dots) this.count(dots);
  }

  /** Adds dots up into cells. */
  private count({ count, at, took, failed }: Dots): void {
    const sums = new Map<number, Map<number, [number, number]>>();
    for (let i = 0; i < count; i += 1) {
      const column = Math.floor(at[i]! / this.columnSeconds);
      const row =
        took[i]! > this.top ? this.rows : Math.min(this.rows - 1, Math.floor((took[i]! / this.top) * this.rows));
      let rows = sums.get(column);
      if (!rows) sums.set(column, (rows = new Map()));
      const sum = rows.get(row);
      if (sum) {
        sum[0] += 1;
        sum[1] += failed[i]!;
      } else rows.set(row, [1, failed[i]!]);
    }
    for (const [column, rows] of sums)
      this.columns.set(
        column,
        Uint32Array.from([...rows].flatMap(([row, [transactions, errors]]) => [row, transactions, errors])),
      );
  }
}

function emptyDots(room: number): Dots {
  return { count: 0, at: new Float64Array(room), took: new Float32Array(room), failed: new Uint8Array(room) };
}

function withRoom(dots: Dots, more: number): Dots {
  if (dots.count + more <= dots.at.length) return dots;
  const next = emptyDots((dots.count + more) * 2);
  next.at.set(dots.at);
  next.took.set(dots.took);
  next.failed.set(dots.failed);
  next.count = dots.count;
  return next;
}

function add(into: Dots, from: number, given: readonly [number, number, 0 | 1][]): void {
  let { count } = into;
  for (const [after, took, failed] of given) {
    into.at[count] = from + after;
    into.took[count] = took;
    into.failed[count] = failed;
    count += 1;
  }
  into.count = count;
}

function dotsOf(from: number, given: readonly [number, number, 0 | 1][]): Dots {
  const dots = emptyDots(given.length);
  add(dots, from, given);
  return dots;
}

function keep(dots: Dots, wanted: (at: number) => boolean): void {
  let kept = 0;
  for (let i = 0; i < dots.count; i += 1) {
    if (!wanted(dots.at[i]!)) continue;
    dots.at[kept] = dots.at[i]!;
    dots.took[kept] = dots.took[i]!;
    dots.failed[kept] = dots.failed[i]!;
    kept += 1;
  }
  dots.count = kept;
}
