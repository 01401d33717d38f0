/** Puts the T-Map on a canvas: the pixels of the raster, lines and marks. Knows nothing of who asks for it. */
import { Raster, type Colours } from './raster';
import { heightOf, responseTicks, timeTicks, type Scale } from './scale';
import type { Store } from './store';
import type { Shade } from './view';

/** Room for the marks, in pixels of the page. */
export const MARGIN = { left: 54, right: 12, top: 6, bottom: 24 } as const;
/** Of the strip for what is above the top. */
export const STRIP = 24;
/** A live picture is prepared so much further than its right edge, in seconds and in pixels. */
const AHEAD_SECONDS = 3;
const AHEAD_PIXELS = 24;

export interface Look {
  colours: Colours;
  text: string;
  grid: string;
  line: string;
  strip: string;
  target: string;
  surface: string;
  font: string;
  response: (seconds: number) => string;
  time: (at: number, step: number) => string;
  targets: (t: number) => [string, string];
}

export interface Scene {
  seconds: number;
  live: boolean;
  scale: Scale;
  shade: Shade;
  /** The response time T of the function, in seconds. */
  t: number | undefined;
  look: Look;
}

export class Painter {
  width = 0;
  height = 0;
  private density = 1;
  private raster: Raster | undefined;
  private good: Layer | undefined;
  private failed: Layer | undefined;
  private scene: Scene | undefined;
  private readonly context: CanvasRenderingContext2D;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext('2d')!;
  }

  /** Of the plot and the strip above it, in pixels of the page. */
  get plotWidth(): number {
    return Math.max(1, this.width - MARGIN.left - MARGIN.right);
  }

  get plotHeight(): number {
    return Math.max(1, this.height - MARGIN.top - MARGIN.bottom);
  }

  resize(width: number, height: number, density: number): void {
    this.width = width;
    this.height = height;
    this.density = density;
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.raster = undefined;
  }

  /** Draws all of it anew, up to `end`. */
  rebuild(store: Store, scene: Scene, end: number): void {
    const visible = this.visible();
    const perSecond = visible / scene.seconds;
    const ahead = scene.live ? Math.ceil(AHEAD_SECONDS * perSecond) + AHEAD_PIXELS : 0;
    const geometry = {
      width: visible + ahead,
      height: Math.round((this.plotHeight - STRIP) * this.density),
      strip: Math.round(STRIP * this.density),
      perSecond,
      density: this.density,
    };
    this.scene = scene;
    this.raster = new Raster(geometry, scene.scale, scene.look.colours, scene.shade);
    this.raster.draw(store, end + (scene.live ? ahead / perSecond : 0));
    this.good = layer(this.raster.good, geometry.width, this.raster.rows);
    this.failed = layer(this.raster.failed, geometry.width, this.raster.rows);
    for (const one of [this.good, this.failed]) one.context.putImageData(one.pixels, 0, 0);
  }

  /** Takes what has come since `from` into a live picture. */
  advance(store: Store, from: number, end: number): void {
    const { raster, good, failed, scene } = this;
    if (!raster || !good || !failed || !scene) return;
    if (raster.stale(store) || from === 0) {
      this.rebuild(store, scene, end);
      return;
    }
    const { width, perSecond } = raster.geometry;
    const [first, behind] = raster.advance(store, from, end + (width - this.visible()) / perSecond);
    const start = ((first % width) + width) % width;
    const length = Math.min(width, behind - first);
    const straight = Math.min(length, width - start);
    for (const one of [good, failed]) {
      one.context.putImageData(one.pixels, 0, 0, start, 0, straight, raster.rows);
      if (length > straight) one.context.putImageData(one.pixels, 0, 0, 0, 0, length - straight, raster.rows);
    }
  }

  /** Whether a live picture has come to the end of what is prepared. */
  exhausted(end: number): boolean {
    return this.raster !== undefined && this.raster.column(end) > this.raster.preparedTo;
  }

  /** How long until the picture is to move by one pixel, in seconds. */
  pixelSeconds(): number {
    return this.raster ? 1 / this.raster.geometry.perSecond : 1;
  }

  /** Shows the picture with `end` at its right edge. */
  show(end: number): void {
    const { raster, good, failed, scene, context, density } = this;
    if (!raster || !good || !failed || !scene) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(density, 0, 0, density, 0, 0);
    this.under(scene, end);
    context.setTransform(1, 0, 0, 1, 0, 0);
    const left = Math.round(MARGIN.left * density);
    const top = Math.round(MARGIN.top * density);
    const visible = this.visible();
    const { width } = raster.geometry;
    const first = (((raster.column(end) - visible) % width) + width) % width;
    const straight = Math.min(visible, width - first);
    for (const { canvas } of [good, failed]) {
      context.drawImage(canvas, first, 0, straight, raster.rows, left, top, straight, raster.rows);
      if (visible > straight)
        context.drawImage(
          canvas,
          0,
          0,
          visible - straight,
          raster.rows,
          left + straight,
          top,
          visible - straight,
          raster.rows,
        );
    }
    if (scene.t === undefined) return;
    context.setTransform(density, 0, 0, density, 0, 0);
    this.targets(scene, scene.t);
  }

  private visible(): number {
    return Math.round(this.plotWidth * this.density);
  }

  /** Grid, marks and the strip. In pixels of the page. */
  private under(scene: Scene, end: number): void {
    const { context, plotWidth } = this;
    const { look, scale } = scene;
    const bottom = MARGIN.top + this.plotHeight;
    const upper = MARGIN.top + STRIP;
    const y = (seconds: number) => Math.round(upper + (1 - heightOf(scale, seconds)) * (bottom - upper)) + 0.5;
    const right = MARGIN.left + plotWidth;
    context.font = look.font;
    context.lineWidth = 1;
    context.textBaseline = 'middle';
    context.fillStyle = look.strip;
    context.fillRect(MARGIN.left, MARGIN.top, plotWidth, STRIP);

    const ticks = responseTicks(scale, Math.max(2, Math.floor((bottom - upper) / 52)));
    context.textAlign = 'right';
    for (const tick of ticks) {
      this.rule(tick === scale.top ? look.line : look.grid, MARGIN.left, y(tick), right, y(tick));
      context.fillStyle = look.text;
      context.fillText(look.response(tick), MARGIN.left - 7, Math.min(y(tick), bottom - 5));
    }
    context.fillStyle = look.text;
    context.fillText('>', MARGIN.left - 7, MARGIN.top + STRIP / 2);

    const from = end - scene.seconds;
    const { step, at } = timeTicks(from, end, Math.max(2, Math.floor(plotWidth / 84)));
    context.textAlign = 'center';
    for (const tick of at) {
      const x = Math.round(MARGIN.left + ((tick - from) / scene.seconds) * plotWidth) + 0.5;
      this.rule(look.grid, x, upper, x, bottom);
      if (x < MARGIN.left + 16 || x > right - 16) continue;
      context.fillStyle = look.text;
      context.fillText(look.time(tick, step), x, bottom + 13);
    }
    this.rule(look.line, MARGIN.left, bottom + 0.5, right, bottom + 0.5);
  }

  /** T and 4 T, over what is drawn: that is what they are compared with. */
  private targets({ scale, look }: Scene, t: number): void {
    const { context } = this;
    const labels = look.targets(t);
    const right = MARGIN.left + this.plotWidth;
    const height = this.plotHeight - STRIP;
    context.font = look.font;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    [t, t * 4].forEach((value, index) => {
      if (value > scale.top) return;
      const y = Math.round(MARGIN.top + STRIP + (1 - heightOf(scale, value)) * height) + 0.5;
      const label = labels[index]!;
      const wide = context.measureText(label).width + 10;
      context.lineWidth = 3;
      this.rule(look.surface, MARGIN.left, y, right - wide, y);
      context.lineWidth = 1;
      context.setLineDash([5, 4]);
      this.rule(look.target, MARGIN.left, y, right - wide, y);
      context.setLineDash([]);
      context.fillStyle = look.surface;
      context.fillRect(right - wide, y - 8, wide, 16);
      context.fillStyle = look.target;
      context.fillText(label, right - 5, y);
    });
  }

  private rule(style: string, x1: number, y1: number, x2: number, y2: number): void {
    this.context.strokeStyle = style;
    this.context.beginPath();
    this.context.moveTo(x1, y1);
    this.context.lineTo(x2, y2);
    this.context.stroke();
  }
}

interface Layer {
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
  pixels: ImageData;
}

/** A canvas out of sight, over the raster's own memory. */
function layer(pixels: Uint32Array, width: number, height: number): Layer {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const bytes = new Uint8ClampedArray(pixels.buffer as ArrayBuffer);
  return { canvas, context: canvas.getContext('2d')!, pixels: new ImageData(bytes, width, height) };
}
