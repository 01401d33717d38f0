/**
 * Names what is to be seen on a T-Map, as people who read them all day do: many slow ones that end together, a line at one height, a
 * floor that rises, a gap and then a burst. Pure: it looks at what is drawn, on a grid of its own, and nothing else.
 */

/** A rectangle on the map: moments in seconds since 1970, response times in seconds; no `high`: all that is above. */
export interface Area {
  from: number;
  to: number;
  low: number;
  high: number | undefined;
}

/**
 * `released`: slow ones that began at different times ended at once, when a lock or a pause let them go.
 * `timeout`: time after time the same long response time. `rising`: even the fastest take longer and longer.
 * `stalled`: nothing ended for a while, and then everything at once.
 */
export type Kind = 'released' | 'timeout' | 'rising' | 'stalled';

export interface Pattern {
  kind: Kind;
  /** What belongs to it: the rectangle to choose. */
  area: Area;
  transactions: number;
  errors: number;
  /** Since when they were held, or nothing ended; when it began to rise. Seconds since 1970. */
  since: number;
  /** The response time of a line; the floor at the end of a rise; of the others the longest. In seconds. */
  seconds: number;
  /** The floor where a rise begins. In seconds. */
  before?: number;
}

/** What is drawn: a dot, or a cell with the range of response times that it stands for (`high` is infinite above the top). */
export type Take = (at: number, low: number, high: number, transactions: number, errors: number) => void;

export interface Drawn {
  from: number;
  to: number;
  /** How long one column of cells lasts; 0 of dots. In seconds. */
  step: number;
  each: (take: Take) => void;
}

const COLUMNS = 240;
/** What ends within so many seconds ends together. */
const TOGETHER = 0.2;
/** Rows of the grid to a factor of ten of the response time, from a millisecond on. */
const PER_DECADE = 48;
const ROWS = PER_DECADE * 6;
/** At most so many of a kind are named; the largest. */
const MOST = 3;
/** The newest are still coming in, in seconds. */
const UNSETTLED = 2;

/** All that is recognised, the largest of each kind first. */
export function patterns(drawn: Drawn): Pattern[] {
  const grid = new Grid(drawn);
  if (grid.total < 30) return [];
  const stalls = stalled(grid);
  // A stall's burst is a column too; it is named once.
  const releases = released(grid).filter(
    ({ area }) => !stalls.some((stall) => area.from < stall.area.to + grid.width && area.to > stall.since - grid.width),
  );
  return [stalls, releases, timeout(grid), rising(grid)].flatMap((found) =>
    found.sort((a, b) => b.transactions - a.transactions).slice(0, MOST),
  );
}

function rowOf(seconds: number): number {
  return Math.max(0, Math.min(ROWS - 1, Math.floor(Math.log10(Math.max(seconds, 1e-9) * 1000) * PER_DECADE)));
}

/** The response times between which a row lies. */
function lowOf(row: number): number {
  return row <= 0 ? 0 : 10 ** (row / PER_DECADE) / 1000;
}

class Grid {
  readonly width: number;
  readonly columns: number;
  readonly first: number;
  /** Transactions and errors by column and row. */
  readonly counts: Uint32Array;
  readonly errors: Uint32Array;
  readonly ofColumn: Uint32Array;
  readonly ofRow: Uint32Array;
  total = 0;

  constructor({ from, to, step, each }: Drawn) {
    const wanted = Math.max((to - from) / COLUMNS, TOGETHER, step);
    this.width = step > 0 ? Math.ceil(wanted / step) * step : wanted;
    this.first = Math.floor(from / this.width) * this.width;
    this.columns = Math.max(1, Math.floor((to - this.first) / this.width));
    this.counts = new Uint32Array(this.columns * ROWS);
    this.errors = new Uint32Array(this.columns * ROWS);
    this.ofColumn = new Uint32Array(this.columns);
    this.ofRow = new Uint32Array(ROWS);
    each((at, low, high, transactions, errors) => {
      const column = Math.floor((at - this.first) / this.width);
      if (column < 0 || column >= this.columns) return;
      // Nothing is known of how far above the top one was.
      const row = rowOf(high === Infinity ? low * 1.05 : (low + high) / 2);
      this.counts[column * ROWS + row]! += transactions;
      this.errors[column * ROWS + row]! += errors;
      this.ofColumn[column]! += transactions;
      this.ofRow[row]! += transactions;
      this.total += transactions;
    });
  }

  at(column: number): number {
    return this.first + column * this.width;
  }

  /** Transactions and errors in columns and rows, from and before. */
  sum(fromColumn: number, toColumn: number, fromRow: number, toRow: number): { transactions: number; errors: number } {
    let transactions = 0;
    let errors = 0;
    for (let column = Math.max(0, fromColumn); column < Math.min(this.columns, toColumn); column += 1)
      for (let row = Math.max(0, fromRow); row < Math.min(ROWS, toRow); row += 1) {
        transactions += this.counts[column * ROWS + row]!;
        errors += this.errors[column * ROWS + row]!;
      }
    return { transactions, errors };
  }

  /** The counts of each row over some columns. */
  rows(fromColumn: number, toColumn: number): Uint32Array {
    const rows = new Uint32Array(ROWS);
    for (let column = fromColumn; column < toColumn; column += 1)
      for (let row = 0; row < ROWS; row += 1) rows[row]! += this.counts[column * ROWS + row]!;
    return rows;
  }
}

/** The row below which a share of the counts lies. */
function quantile(rows: Uint32Array, share: number, from = 0): number {
  let all = 0;
  for (let row = from; row < ROWS; row += 1) all += rows[row]!;
  let passed = 0;
  for (let row = from; row < ROWS; row += 1) {
    passed += rows[row]!;
    if (passed > 0 && passed >= all * share) return row;
  }
  return from;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Fewer that end together happen by chance. */
const RELEASED_LEAST = 8;
const RELEASED_TIMES = 6;

function released(grid: Grid): Pattern[] {
  const slow = rowOf(Math.max(0.05, 3 * lowOf(quantile(grid.ofRow, 0.5) + 1)));
  const counts = Array.from({ length: grid.columns }, (_, c) => grid.sum(c, c + 1, slow, ROWS).transactions);
  const usual = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, grid.columns);
  const least = Math.max(RELEASED_LEAST, RELEASED_TIMES * Math.min(usual, median(counts) + 0.5));
  const found: Pattern[] = [];
  for (let column = 0; column < grid.columns; column += 1) {
    if (counts[column]! < least) continue;
    let behind = column + 1;
    while (behind < grid.columns && counts[behind]! >= least) behind += 1;
    const rows = grid.rows(column, behind);
    const [low, high] = [quantile(rows, 0.1, slow), quantile(rows, 0.95, slow)];
    const { transactions, errors } = grid.sum(column, behind, slow, ROWS);
    // Those that took the same time began together too: that is no release. A rush of many columns is a busy time.
    const spread = high - low >= PER_DECADE / 5 && fullest(rows, slow) < transactions * 0.6;
    if (spread && behind - column <= 4) {
      const longest = lowOf(high + 1);
      const [from, to] = [grid.at(column), grid.at(behind)];
      const area = { from, to, low: lowOf(slow), high: undefined };
      found.push({ kind: 'released', area, transactions, errors, since: from - longest, seconds: longest });
    }
    column = behind;
  }
  return found;
}

/** The most that three rows beside each other have. */
function fullest(rows: Uint32Array, from: number): number {
  let most = 0;
  for (let row = from; row < ROWS; row += 1)
    most = Math.max(most, rows[row]! + (rows[row + 1] ?? 0) + (rows[row + 2] ?? 0));
  return most;
}

const TIMEOUT_LEAST = 10;
const TIMEOUT_TIMES = 6;
/** Programs do not wait for less before they give up, in seconds. */
const TIMEOUT_SHORTEST = 0.25;
const SLICES = 10;

function timeout(grid: Grid): Pattern[] {
  const found: Pattern[] = [];
  for (let row = rowOf(TIMEOUT_SHORTEST); row < ROWS - 1; row += 1) {
    const here = grid.ofRow[row]!;
    if (here === 0 || here < grid.ofRow[row - 1]! || here <= grid.ofRow[row + 1]!) continue;
    const { transactions, errors } = grid.sum(0, grid.columns, row - 1, row + 2);
    let beside = 0;
    for (let away = 3; away <= 9; away += 1) beside += (grid.ofRow[row - away] ?? 0) + (grid.ofRow[row + away] ?? 0);
    if (transactions < TIMEOUT_LEAST || transactions < (TIMEOUT_TIMES * beside * 3) / 14 + 6) continue;
    const rest = Uint32Array.from(grid.ofRow, (count, at) => (Math.abs(at - row) <= 1 ? 0 : count));
    const usual = lowOf(quantile(rest, 0.5) + 1);
    const others = grid.total - transactions;
    const apart = others >= TIMEOUT_LEAST && lowOf(row) >= 2.5 * usual;
    if (!apart && errors < transactions / 2) continue;
    const columns = Array.from({ length: grid.columns }, (_, c) => c).filter(
      (c) => grid.sum(c, c + 1, row - 1, row + 2).transactions > 0,
    );
    const [first = 0, last = 0] = [columns[0], columns.at(-1)];
    const slices = new Set(columns.map((c) => Math.floor((c * SLICES) / grid.columns)));
    if (slices.size < 3 && last - first < grid.columns / 4) continue;
    const area = { from: grid.at(first), to: grid.at(last + 1), low: lowOf(row - 1), high: lowOf(row + 2) };
    found.push({ kind: 'timeout', area, transactions, errors, since: area.from, seconds: lowOf(row + 0.5) });
  }
  return found;
}

const RISE_SLICES = 8;
const RISE_LEAST = 12;
/** The floor must have grown to so many times what it was. */
const RISE_TIMES = 2;

function rising(grid: Grid): Pattern[] {
  const edges = Array.from({ length: RISE_SLICES + 1 }, (_, i) => Math.floor((i * grid.columns) / RISE_SLICES));
  const slices = edges.slice(0, -1).map((from, i) => grid.rows(from, edges[i + 1]!));
  // What is not busy enough at one end says nothing; it need not have been busy all along.
  const busy = slices.map((rows) => rows.reduce((sum, count) => sum + count, 0) >= RISE_LEAST);
  const begin = busy.lastIndexOf(false) + 1;
  const floors = slices.slice(begin).map((rows) => lowOf(quantile(rows, 0.1) + 0.5));
  if (floors.length < RISE_SLICES - 2) return [];
  const [head = 0, tail = 0] = [floors.slice(0, 2), floors.slice(-2)].map((two) => (two[0]! + two[1]!) / 2);
  const steps = floors.slice(1).filter((floor, i) => floor >= floors[i]! * 0.98).length;
  if (tail < RISE_TIMES * head || tail < 0.05 || steps < floors.length - 2) return [];
  const from = floors.findIndex((floor) => floor > head * 1.3);
  const column = edges[begin + Math.max(0, from - 1)]!;
  const area = { from: grid.at(column), to: grid.at(grid.columns), low: 0, high: undefined };
  const { transactions, errors } = grid.sum(column, grid.columns, 0, ROWS);
  return [{ kind: 'rising', area, transactions, errors, since: area.from, seconds: tail, before: head }];
}

/** A gap is one when so many should have ended in it, and it lasts so long. */
const STALLED_MISSED = 12;
const STALLED_SECONDS = 1;
const STALLED_BURST = 2.5;

function stalled(grid: Grid): Pattern[] {
  const counts = [...grid.ofColumn];
  const usual = median(counts.filter((count) => count > 0));
  const quiet = (column: number) => counts[column]! <= usual * 0.05;
  const settled = grid.columns - Math.ceil(UNSETTLED / grid.width);
  const found: Pattern[] = [];
  for (let column = 3; column < settled; column += 1) {
    if (!quiet(column)) continue;
    let behind = column;
    while (behind < settled && quiet(behind)) behind += 1;
    const length = (behind - column) * grid.width;
    const busy = counts.slice(Math.max(0, column - 6), column).filter((count) => count >= usual / 3).length >= 3;
    const burst = (counts[behind] ?? 0) + (counts[behind + 1] ?? 0);
    const missed = (behind - column) * usual;
    if (
      busy &&
      behind < settled &&
      length >= STALLED_SECONDS &&
      missed >= STALLED_MISSED &&
      burst >= STALLED_BURST * usual + 4
    ) {
      const area = { from: grid.at(behind), to: grid.at(behind + 2), low: 0, high: undefined };
      const sum = grid.sum(behind, behind + 2, 0, ROWS);
      const seconds = lowOf(quantile(grid.rows(behind, Math.min(grid.columns, behind + 2)), 0.99) + 1);
      found.push({ kind: 'stalled', area, ...sum, since: grid.at(column), seconds });
    }
    column = behind;
  }
  return found;
}
