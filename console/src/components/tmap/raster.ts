/**
 * Draws the T-Map's transactions into pixels. Time wraps round: the column of a moment is its number of pixels since 1970,
 * modulo the width. So a live map never moves a pixel: it clears the columns that become free and draws the newest.
 *
 * Two layers: what went well, and above it what failed. No canvas is needed, so that tests run without a browser.
 */
import { heightOf, type Scale } from './scale';
import type { Store } from './store';
import type { Shade } from './view';

export interface Colours {
  /** Of a dot, `[red, green, blue]`. */
  good: Rgb;
  failed: Rgb;
  /** Of cells, from the emptiest to the fullest. */
  ramp: readonly Rgb[];
}

export type Rgb = readonly [number, number, number];

export interface Geometry {
  width: number;
  /** Of the plot, without the strip above it. */
  height: number;
  /** Of the strip for what is above the top; it lies at the top of the picture. */
  strip: number;
  perSecond: number;
  /** Pixels of the screen to one of the page. */
  density: number;
}

/** The pixels that a mark covers, round its middle, and how much of each: 0 to 256. */
interface Stamp {
  half: number;
  dx: Int32Array;
  dy: Int32Array;
  cover: Int32Array;
  /** Where each lies in memory, from the middle on. */
  offset: Int32Array;
}

/** Shades of so many counts are kept. */
const SHADES = 512;

export class Raster {
  readonly good: Uint32Array;
  readonly failed: Uint32Array;
  readonly rows: number;
  private readonly dot: Stamp;
  private readonly cross: Stamp;
  private readonly goodRgb: number;
  private readonly failedRgb: number;
  private readonly ramp: Uint32Array;
  /** Columns are valid in [end - width, end). */
  private end = 0;
  /** The shades of small counts, once they have been worked out. */
  private readonly shades = new Uint32Array(SHADES);
  /** By what cells are shaded: the fullest cell when all was last drawn. */
  private fullest = 1;

  constructor(
    readonly geometry: Geometry,
    private readonly scale: Scale,
    colours: Colours,
    private readonly shading: Shade = 'log',
  ) {
    this.rows = geometry.height + geometry.strip;
    this.good = new Uint32Array(geometry.width * this.rows);
    this.failed = new Uint32Array(geometry.width * this.rows);
    this.dot = disc(1.5 * geometry.density, geometry.width);
    this.cross = saltire(3.2 * geometry.density, 1.5 * geometry.density, geometry.width);
    this.goodRgb = packed(colours.good);
    this.failedRgb = packed(colours.failed);
    this.ramp = Uint32Array.from(colours.ramp, (one) => (0xff000000 | packed(one)) >>> 0);
  }

  /** Behind the last column that is drawn, before it wraps. */
  get preparedTo(): number {
    return this.end;
  }

  /** The column of a moment, before it wraps. */
  column(at: number): number {
    return Math.floor(at * this.geometry.perSecond);
  }

  /** Whether cells have become so full, or so empty, that all should be drawn again. */
  stale(store: Store): boolean {
    if (store.dots) return false;
    const now = Math.max(1, store.fullest());
    return now > this.fullest * 1.5 || now < this.fullest / 3;
  }

  /** Draws everything that ended up to `end`. */
  draw(store: Store, end: number): void {
    this.end = this.column(end);
    this.fullest = Math.max(1, store.fullest());
    this.shades.fill(0);
    this.good.fill(0);
    this.failed.fill(0);
    this.paint(store, this.end - this.geometry.width, this.end);
  }

  /**
   * Goes on to `end`, and draws again what ended from `from` on. Returns the columns that changed, first and behind the last,
   * before they wrap.
   */
  advance(store: Store, from: number, end: number): [number, number] {
    const next = Math.max(this.end, this.column(end));
    const margin = this.cross.half + 2;
    const first = Math.max(this.column(from) - margin, next - this.geometry.width);
    this.end = next;
    this.clear(first, next);
    this.paint(store, first, next);
    return [first, next];
  }

  private clear(first: number, behind: number): void {
    const { width } = this.geometry;
    const start = mod(first, width);
    const length = Math.min(behind - first, width);
    for (let row = 0; row < this.rows; row += 1) {
      const line = row * width;
      const straight = Math.min(length, width - start);
      for (const layer of [this.good, this.failed]) {
        layer.fill(0, line + start, line + start + straight);
        layer.fill(0, line, line + length - straight);
      }
    }
  }

  /** Draws into the columns from `first` to before `behind` only. */
  private paint(store: Store, first: number, behind: number): void {
    if (store.dots) this.paintDots(store.dots, first, behind);
    else this.paintCells(store, first, behind);
  }

  private paintDots(dots: NonNullable<Store['dots']>, first: number, behind: number): void {
    const reach = this.cross.half + 1;
    const { perSecond } = this.geometry;
    const { count, at, took, failed } = dots;
    for (let i = 0; i < count; i += 1) {
      const x = Math.floor(at[i]! * perSecond);
      if (x < first - reach || x >= behind + reach) continue;
      if (failed[i]) this.stamp(this.failed, this.failedRgb, this.cross, x, this.line(took[i]!), first, behind);
      else this.stamp(this.good, this.goodRgb, this.dot, x, this.line(took[i]!), first, behind);
    }
  }

  /** The line of a response time, from the upper edge of the picture. */
  private line(seconds: number): number {
    const { strip, height } = this.geometry;
    if (seconds > this.scale.top) return Math.floor(strip / 2);
    return strip + Math.round((1 - heightOf(this.scale, seconds)) * (height - 1));
  }

  private stamp(
    layer: Uint32Array,
    rgb: number,
    mark: Stamp,
    x: number,
    y: number,
    first: number,
    behind: number,
  ): void {
    const { width } = this.geometry;
    const { half, dx, dy, cover, offset } = mark;
    const middle = mod(x, width);
    const whole = x - half >= first && x + half < behind && y >= half && y + half < this.rows;
    if (whole && middle >= half && middle + half < width) {
      const index = y * width + middle;
      for (let i = 0; i < cover.length; i += 1) blend(layer, index + offset[i]!, rgb, cover[i]!);
      return;
    }
    for (let i = 0; i < cover.length; i += 1) {
      const column = x + dx[i]!;
      const line = y + dy[i]!;
      if (column < first || column >= behind || line < 0 || line >= this.rows) continue;
      blend(layer, line * width + mod(column, width), rgb, cover[i]!);
    }
  }

  private paintCells(store: Store, first: number, behind: number): void {
    const { perSecond, density } = this.geometry;
    const height = Math.max(1, Math.round(3 * density));
    const { base, upper, lower, buckets } = this.bands(store, height);
    const counts = new Uint32Array(buckets);
    const errors = new Uint32Array(buckets);
    const reach = this.cross.half + 1;
    for (const [number, column] of store.columns) {
      const left = Math.floor(number * store.columnSeconds * perSecond);
      const right = Math.max(left + 1, Math.floor((number + 1) * store.columnSeconds * perSecond));
      if (right + reach <= first || left - reach >= behind) continue;
      counts.fill(0);
      errors.fill(0);
      for (let i = 0; i < column.length; i += 3) {
        const row = Math.min(column[i]!, store.rows);
        const [from, to] = [upper[row]!, lower[row]!];
        for (let band = from; band <= to; band += 1) counts[band]! += column[i + 1]!;
        errors[(from + to) >> 1]! += column[i + 2]!;
      }
      // Columns are numbers beyond 32 bits.
      const middle = Math.floor((left + right) / 2);
      for (let band = 0; band < buckets; band += 1) {
        const line = base + band * height;
        if (counts[band]) this.fill(this.shade(counts[band]!), left, right, line, line + height, first, behind);
        if (errors[band])
          this.stamp(this.failed, this.failedRgb, this.cross, middle, line + (height >> 1), first, behind);
      }
    }
  }

  /** Into which bands of so many lines each row of cells falls: the uppermost and the lowest, counted from the top. */
  private bands(store: Store, height: number) {
    const { strip } = this.geometry;
    const buckets = Math.ceil(this.rows / height) + 1;
    const ofStrip = Math.max(1, Math.floor(strip / height));
    const base = strip - ofStrip * height;
    const bandOf = (line: number) => Math.min(buckets - 1, Math.max(ofStrip, Math.floor((line - base) / height)));
    const upper = new Uint16Array(store.rows + 1);
    const lower = new Uint16Array(store.rows + 1);
    const edge = (row: number) => this.line(Math.min(this.scale.top, (row * store.top) / store.rows));
    for (let row = 0; row < store.rows; row += 1) {
      upper[row] = bandOf(edge(row + 1));
      lower[row] = Math.max(upper[row]!, bandOf(edge(row) - 1));
    }
    upper[store.rows] = lower[store.rows] = ofStrip >> 1;
    return { base, upper, lower, buckets };
  }

  private shade(count: number): number {
    if (count < SHADES) return (this.shades[count] ||= this.shadeOf(count));
    return this.shadeOf(count);
  }

  /** By the logarithm one transaction is seen beside a thousand; by the square root five hundred are told from a thousand. */
  private shadeOf(count: number): number {
    const most = this.ramp.length - 1;
    const of = this.shading === 'root' ? Math.sqrt : Math.log1p;
    const share = this.fullest <= 1 ? 1 : of(count) / of(this.fullest);
    return this.ramp[Math.min(most, Math.floor(share * most))]!;
  }

  private fill(
    rgba: number,
    left: number,
    right: number,
    upper: number,
    lower: number,
    first: number,
    behind: number,
  ): void {
    const { width } = this.geometry;
    const from = Math.max(left, first);
    const wide = Math.min(right, behind) - from;
    if (wide <= 0) return;
    const start = mod(from, width);
    const straight = Math.min(wide, width - start);
    const bottom = Math.min(lower, this.rows);
    for (let line = Math.max(0, upper); line < bottom; line += 1) {
      const begins = line * width;
      for (let i = 0; i < straight; i += 1) this.good[begins + start + i] = rgba;
      for (let i = 0; i < wide - straight; i += 1) this.good[begins + i] = rgba;
    }
  }
}

/** As the canvas has it in memory: red in the lowest byte. */
function packed([red, green, blue]: Rgb): number {
  return (blue << 16) | (green << 8) | red;
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** Lays a colour over what is there of the same colour: it gets less transparent. */
function blend(layer: Uint32Array, index: number, rgb: number, cover: number): void {
  const before = layer[index]! >>> 24;
  layer[index] = (((before + (((255 - before) * cover) >> 8)) << 24) | rgb) >>> 0;
}

/** A dot lets those below it show, so that many look denser than one. */
const DOT_STRENGTH = 0.8;

function disc(radius: number, width: number): Stamp {
  return stampOf(Math.ceil(radius), width, (x, y) => DOT_STRENGTH * Math.min(1, radius - Math.hypot(x, y) + 0.5));
}

/** A cross of two diagonals: a shape of its own, not only a colour. */
function saltire(radius: number, thickness: number, width: number): Stamp {
  return stampOf(Math.ceil(radius), width, (x, y) => {
    const across = Math.min(Math.abs(x - y), Math.abs(x + y)) / Math.SQRT2;
    const along = Math.max(Math.abs(x), Math.abs(y));
    return Math.min(thickness / 2 - across + 0.5, radius - along + 0.5);
  });
}

function stampOf(half: number, width: number, coverAt: (x: number, y: number) => number): Stamp {
  const marks: [number, number, number][] = [];
  for (let y = -half; y <= half; y += 1)
    for (let x = -half; x <= half; x += 1) {
      const cover = Math.round(Math.min(1, Math.max(0, coverAt(x, y))) * 256);
      if (cover > 0) marks.push([x, y, cover]);
    }
  return {
    half,
    dx: Int32Array.from(marks, ([x]) => x),
    dy: Int32Array.from(marks, ([, y]) => y),
    cover: Int32Array.from(marks, ([, , cover]) => cover),
    offset: Int32Array.from(marks, ([x, y]) => y * width + x),
  };
}
