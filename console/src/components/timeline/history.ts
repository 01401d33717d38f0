/** A service's figures over the time that is shown: asked for now and then, gone on with from what comes live. */
import { createSignal, type Accessor } from 'solid-js';
import { series } from '../../api/series';
import type { Point } from '../../api/types';
import type { Span } from './lanes';

/** Points asked for; more would be finer than the picture. */
const POINTS = 300;

export class History {
  readonly points: Accessor<Point[]>;
  private readonly set: (points: Point[]) => void;
  private asking: AbortController | undefined;

  constructor(readonly service: string) {
    [this.points, this.set] = createSignal<Point[]>([]);
  }

  /** @throws ApiError */
  async load({ from, to }: Span): Promise<void> {
    this.close();
    const asking = new AbortController();
    this.asking = asking;
    const points = await series(`service:${this.service}`, Math.floor(from), Math.ceil(to), POINTS, asking.signal);
    if (!asking.signal.aborted) this.set(points);
  }

  /** Adds a second that has just been told, until it is asked for again. */
  tell(at: number, ready: number, load: number): void {
    const all = this.points();
    const last = all.at(-1);
    if (!last || at < last.at + last.seconds) return;
    this.set([...all, { ...last, at, seconds: 1, requests: load, instances: ready }]);
  }

  close(): void {
    this.asking?.abort();
  }
}

/** How often figures are worth asking for again, in seconds. */
export function every(seconds: number): number {
  return Math.max(5, Math.round(seconds / POINTS));
}
