/** Requests as they are drawn: one small picture for each kind, drawn once and copied ever after. */
import { colour } from '../../lib/theme';

/** How long it takes against T, or that it fails. */
export type Kind = 'fast' | 'tolerating' | 'slow' | 'error';

/** Requests that wait have no time yet: they are rings. */
export function queued(scale: number): HTMLCanvasElement {
  return drawn(scale, colour('warn-fill'), (path) => {
    path.arc(5, 5, 3.4, 0, Math.PI * 2);
    path.arc(5, 5, 1.6, 0, Math.PI * 2, true);
  });
}

export const KINDS: readonly Kind[] = ['fast', 'tolerating', 'slow', 'error'];

/** Across, in CSS pixels, with room for the edge. */
export const SIZE = 10;

export type Sprites = Record<Kind, HTMLCanvasElement>;

/** Draws every kind in the colours of the theme: each has a shape of its own as well. */
export function sprites(scale: number): Sprites {
  return {
    fast: drawn(scale, colour('fast'), (path) => path.arc(5, 5, 3.1, 0, Math.PI * 2)),
    tolerating: drawn(scale, colour('tolerating'), (path) => polygon(path, [1.6, 1.2, 9, 5, 1.6, 8.8])),
    slow: drawn(scale, colour('slow'), (path) => polygon(path, [5, 0.6, 9.4, 5, 5, 9.4, 0.6, 5])),
    error: drawn(scale, colour('slow'), (path) =>
      polygon(path, [1, 2.6, 2.6, 1, 5, 3.4, 7.4, 1, 9, 2.6, 6.6, 5, 9, 7.4, 7.4, 9, 5, 6.6, 2.6, 9, 1, 7.4, 3.4, 5]),
    ),
  };
}

function drawn(scale: number, fill: string, shape: (path: Path2D) => void): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(SIZE * scale);
  canvas.height = canvas.width;
  const context = canvas.getContext('2d');
  if (context) {
    const path = new Path2D();
    shape(path);
    context.scale(scale, scale);
    context.fillStyle = fill;
    context.fill(path);
  }
  return canvas;
}

function polygon(path: Path2D, points: readonly number[]): void {
  for (let at = 0; at < points.length; at += 2) {
    if (at === 0) path.moveTo(points[0]!, points[1]!);
    else path.lineTo(points[at]!, points[at + 1]!);
  }
  path.closePath();
}
