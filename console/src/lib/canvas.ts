/** Canvases as sharp as the screen, and pictures that follow one another on them. */

/** Pixels of the screen to one of the page; what is above 2 nobody sees, and all of it is to be drawn. */
export function density(): number {
  return Math.min(window.devicePixelRatio || 1, 2);
}

/** Gives a canvas its size, in pixels of the page. One that has it already keeps what is drawn on it. */
export function fit(canvas: HTMLCanvasElement, width: number, height: number, scale: number): void {
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width === wide && canvas.height === high) return;
  canvas.width = wide;
  canvas.height = high;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

/** Has a picture drawn for each frame of the screen from `start` to `stop`. */
export class Frames {
  #frame = 0;
  #last = 0;

  /** `draw` is told how many seconds lie behind the picture before. */
  constructor(private readonly draw: (seconds: number) => void) {}

  get running(): boolean {
    return this.#frame !== 0;
  }

  start(): void {
    if (this.running) return;
    this.#last = performance.now();
    const next = (now: number) => {
      // After a pause (a hidden page, a long task) nothing jumps.
      const seconds = Math.min((now - this.#last) / 1000, 0.1);
      this.#last = now;
      this.draw(seconds);
      this.#frame = requestAnimationFrame(next);
    };
    this.#frame = requestAnimationFrame(next);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}
