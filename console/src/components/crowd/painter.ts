/**
 * Draws instances as cells of one canvas. What changes once a second, colours and states, is drawn once a second on a canvas out of
 * sight; each frame copies it and adds what moves: requests on their way through each cell.
 */
import type { InstanceStatus } from '../../api/types';
import { density, fit, Frames } from '../../lib/canvas';
import { colour } from '../../lib/theme';
import { cornerOf, type Grid } from './grid';

export type Colouring = 'response' | 'errors' | 'cpu' | 'memory';

export interface Cell {
  instance: InstanceStatus;
  /** T of Apdex of who answers to users here, in seconds. */
  target: number;
}

/** As many marks as can be told apart within one cell. */
const MARKS = 3;
/** Cells narrower than this have no room for what moves, only for a bar. */
const ROOMY = 12;

/** 0 good, 1 fair, 2 bad. */
export type Grade = 0 | 1 | 2;

export function gradeOf({ instance, target }: Cell, by: Colouring): Grade {
  const grade = (value: number, fair: number, bad: number): Grade => (value >= bad ? 2 : value >= fair ? 1 : 0);
  switch (by) {
    case 'response':
      return grade(instance.mean_seconds, target, target * 4);
    case 'errors':
      return grade(instance.error_ratio, 0.01, 0.05);
    case 'cpu':
      return grade(instance.cpu_cores, 0.8, 1.6);
    case 'memory':
      return grade(instance.memory_bytes, 1 << 30, 4 * (1 << 30));
  }
}

/** Whether it gets requests and answers them as it should. */
export function well({ instance }: Cell): boolean {
  return instance.state === 'ready' || instance.state === 'draining';
}

export class Painter {
  /** Runs while requests are to move. */
  readonly frames = new Frames((seconds) => this.#draw(seconds));
  readonly #context: CanvasRenderingContext2D;
  readonly #still = document.createElement('canvas');
  #scale = 1;
  #grid: Grid | undefined;
  #cells: readonly Cell[] = [];
  #corners: { x: number; y: number }[] = [];
  /** Of each cell: how many marks, and shares of the cell a second. */
  #marks = new Uint8Array(0);
  #speeds = new Float32Array(0);
  #places = new Float32Array(0);
  #mark = '';
  #fills: string[] = [];
  #lines = { draining: '', failing: '', starting: '' };

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d')!;
  }

  /** Takes what is known now. */
  show(cells: readonly Cell[], grid: Grid, width: number, by: Colouring): void {
    this.#cells = cells;
    this.#scale = density();
    for (const one of [this.canvas, this.#still]) fit(one, width, grid.height, this.#scale);
    if (this.#grid !== grid || this.#corners.length !== cells.length) {
      this.#grid = grid;
      this.#corners = cells.map((_, index) => cornerOf(grid, index));
    }
    if (this.#places.length !== cells.length) {
      this.#marks = new Uint8Array(cells.length);
      this.#speeds = new Float32Array(cells.length);
      this.#places = Float32Array.from(cells, (_, index) => (index * 0.618_034) % 1);
    }
    cells.forEach(({ instance }, index) => {
      this.#marks[index] = Math.min(MARKS, Math.ceil(instance.in_flight / 4));
      const answered = instance.requests_per_second / Math.max(1, instance.in_flight);
      this.#speeds[index] = Math.min(1.6, 0.06 + answered * 0.12);
    });
    this.#drawStill(by);
    if (!this.frames.running) this.#draw(0);
  }

  /** Takes the colours of the theme. */
  restyle(): void {
    this.#fills = [colour('crowd-good'), colour('crowd-fair'), colour('crowd-bad')];
    this.#mark = colour('crowd-mark');
    this.#lines = { draining: colour('line-strong'), failing: colour('bad-fill'), starting: colour('busy-fill') };
  }

  /** Fill by grade; a shape of its own for what is not well and for what is bad. One colour after the other: changes cost most. */
  #drawStill(by: Colouring): void {
    const context = this.#still.getContext('2d');
    const grid = this.#grid;
    if (!context || !grid) return;
    const { size } = grid;
    const fills: number[][] = [[], [], []];
    const outlines = { draining: [] as number[], failing: [] as number[], starting: [] as number[] };
    this.#cells.forEach((cell, index) => {
      const { state } = cell.instance;
      if (well(cell)) fills[gradeOf(cell, by)]!.push(index);
      else outlines[state === 'starting' || state === 'stopping' ? 'starting' : 'failing'].push(index);
      if (state === 'draining') outlines.draining.push(index);
    });
    context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    context.clearRect(0, 0, this.#still.width, this.#still.height);
    fills.forEach((cells, grade) => {
      context.fillStyle = this.#fills[grade]!;
      for (const index of cells) context.fillRect(this.#corners[index]!.x, this.#corners[index]!.y, size, size);
    });
    context.lineWidth = 2;
    for (const kind of ['draining', 'failing', 'starting'] as const) {
      context.strokeStyle = this.#lines[kind];
      for (const index of outlines[kind])
        context.strokeRect(this.#corners[index]!.x + 1, this.#corners[index]!.y + 1, size - 2, size - 2);
    }
    context.lineWidth = 1.5;
    this.#crosses(context, fills[2]!, this.#mark);
    this.#crosses(context, outlines.failing, this.#lines.failing);
  }

  #crosses(context: CanvasRenderingContext2D, cells: readonly number[], style: string): void {
    const size = this.#grid?.size ?? 0;
    const inner = size * 0.3;
    context.strokeStyle = style;
    context.beginPath();
    for (const index of cells) {
      const { x, y } = this.#corners[index]!;
      context.moveTo(x + inner, y + inner);
      context.lineTo(x + size - inner, y + size - inner);
      context.moveTo(x + size - inner, y + inner);
      context.lineTo(x + inner, y + size - inner);
    }
    context.stroke();
  }

  #draw(seconds: number): void {
    const context = this.#context;
    const grid = this.#grid;
    if (!grid) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.#still, 0, 0);
    if (grid.size < ROOMY) return;
    context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    context.fillStyle = this.#mark;
    const { size } = grid;
    const dot = size > 28 ? 4 : size > 18 ? 3 : 2;
    const long = size - dot - 2;
    for (let index = 0; index < this.#cells.length; index += 1) {
      const marks = this.#marks[index]!;
      if (marks === 0) continue;
      const place = (this.#places[index] = (this.#places[index]! + this.#speeds[index]! * seconds) % 1);
      const { x, y } = this.#corners[index]!;
      for (let mark = 0; mark < marks; mark += 1) {
        const at = (place + mark / MARKS) % 1;
        context.fillRect(x + 1 + at * long, y + (size * (mark + 1)) / (MARKS + 1) - dot / 2, dot, dot);
      }
    }
  }
}
