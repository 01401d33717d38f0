/** Draws request velocity on one canvas: the queue on the left, one lane for each instance. Only what moves is drawn here. */
import type { InstanceStatus } from '../../api/types';
import { density, fit, Frames } from '../../lib/canvas';
import { colour } from '../../lib/theme';
import { advance, aim, lane, zone, type Lane } from './flow';
import { queued, SIZE, sprites, type Sprites } from './sprites';

export interface Scene {
  instances: readonly InstanceStatus[];
  waiting: number;
  /** T of Apdex, in seconds. */
  target: number;
}

/** Where lanes lie on the canvas, in CSS pixels. */
export interface Geometry {
  width: number;
  height: number;
  /** Of the queue, before lanes begin. */
  queue: number;
  /** The top and height of each lane. */
  rows: readonly { top: number; height: number }[];
}

const QUEUE_STEP = 9;

export class Painter {
  /** Runs while requests are to move; `still` shows them without. */
  readonly frames = new Frames((seconds) => this.#draw(seconds));
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #lanes = new Map<string, Lane>();
  #scene: Scene = { instances: [], waiting: 0, target: 0.5 };
  #geometry: Geometry = { width: 0, height: 0, queue: 0, rows: [] };
  #sprites: Sprites | undefined;
  #queued: HTMLCanvasElement | undefined;
  #alarm = '';
  #scale = 1;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
  }

  /** Takes the colours of the theme, and the pixels of the screen. */
  restyle(): void {
    this.#scale = density();
    this.#sprites = sprites(this.#scale);
    this.#queued = queued(this.#scale);
    this.#alarm = colour('slow');
    this.resize(this.#geometry);
  }

  resize(geometry: Geometry): void {
    this.#geometry = geometry;
    fit(this.#canvas, geometry.width, geometry.height, this.#scale);
    if (!this.frames.running) this.still();
  }

  show(scene: Scene): void {
    this.#scene = scene;
    const present = new Set<string>();
    for (const instance of scene.instances) {
      present.add(instance.id);
      let found = this.#lanes.get(instance.id);
      if (!found) this.#lanes.set(instance.id, (found = lane()));
      aim(found, instance);
    }
    for (const id of this.#lanes.keys()) if (!present.has(id)) this.#lanes.delete(id);
    if (!this.frames.running) this.still();
  }

  /** Without motion: a bar for each instance, as long as it has requests in flight. */
  still(): void {
    const context = this.#begin();
    if (!context) return;
    const { width, queue, rows } = this.#geometry;
    const most = Math.max(8, ...this.#scene.instances.map((instance) => instance.in_flight));
    this.#scene.instances.forEach((instance, index) => {
      const row = rows[index];
      if (!row) return;
      context.fillStyle = colour(zone(instance.mean_seconds, this.#scene.target));
      const length = (instance.in_flight / most) * (width - queue - 16);
      context.fillRect(queue + 8, row.top + row.height * 0.3, length, row.height * 0.4);
    });
    this.#queue(context);
  }

  #begin(): CanvasRenderingContext2D | null {
    const context = this.#context;
    if (!context || !this.#sprites) return null;
    context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    context.clearRect(0, 0, this.#geometry.width, this.#geometry.height);
    return context;
  }

  #draw(seconds: number): void {
    const context = this.#begin();
    if (!context || !this.#sprites) return;
    const { width, queue, rows } = this.#geometry;
    const long = width - queue - SIZE;
    this.#scene.instances.forEach((instance, index) => {
      const row = rows[index];
      const on = this.#lanes.get(instance.id);
      if (!row || !on) return;
      advance(on, seconds, this.#scene.target);
      const middle = row.top + row.height / 2;
      for (const particle of on.particles) {
        const x = queue + particle.x * long;
        const y = middle + particle.y * row.height - SIZE / 2;
        context.drawImage(this.#sprites![particle.kind], x, y, SIZE, SIZE);
      }
      if (on.flash > 0) {
        context.globalAlpha = on.flash * 0.8;
        context.fillStyle = this.#alarm;
        context.fillRect(width - 6, row.top + 2, 6, row.height - 4);
        context.globalAlpha = 1;
      }
    });
    this.#queue(context);
  }

  /** Those that wait, packed from the lanes backwards; how many there are is written above. */
  #queue(context: CanvasRenderingContext2D): void {
    const { queue, rows } = this.#geometry;
    const { waiting } = this.#scene;
    const top = rows[0]?.top ?? 0;
    const last = rows.at(-1);
    const bottom = last ? last.top + last.height : 0;
    if (waiting === 0 || !this.#queued) return;
    const across = Math.max(1, Math.floor((queue - 12) / QUEUE_STEP));
    const up = Math.max(1, Math.floor((bottom - top - 8) / QUEUE_STEP));
    const shown = Math.min(waiting, across * up);
    for (let at = 0; at < shown; at += 1) {
      const x = queue - 4 - (Math.floor(at / up) + 1) * QUEUE_STEP;
      const y = top + 4 + (at % up) * QUEUE_STEP;
      context.drawImage(this.#queued, x, y, SIZE, SIZE);
    }
  }
}
