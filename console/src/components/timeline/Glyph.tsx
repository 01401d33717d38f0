/** An event's shape and tone, 14 by 14. */
import type { Event } from '../../api/types';
import { shapeOf, toneOf, type Shape } from './kinds';

const PATHS: Record<Shape, string> = {
  up: 'M7 1.5 13 12H1Z',
  down: 'M7 12.5 1 2h12Z',
  deploy: 'M7 .8 13.2 7 7 13.2.8 7ZM7 4.2 4.2 7 7 9.8 9.8 7Z',
  done: 'M7 .8 13.2 7 7 13.2.8 7Z',
  back: 'M6.5 1 1 5.5 6.5 10V7.2h2.2c2 0 2.8 1 2.8 2.4 0 1-.4 1.8-1.2 2.6 2-.6 3-2.1 3-4.2 0-2.6-1.8-4.2-4.6-4.2H6.5Z',
  cross: 'M2.8 1 7 5.2 11.2 1 13 2.8 8.8 7l4.2 4.2-1.8 1.8L7 8.8 2.8 13 1 11.2 5.2 7 1 2.8Z',
  dot: 'M7 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z',
  square: 'M2.5 2.5h9v9h-9Z',
};

export function Glyph(props: { event: Event }) {
  return (
    <svg class={`tl-glyph ${toneOf(props.event)}`} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      <path d={PATHS[shapeOf(props.event)]} fill-rule="evenodd" />
    </svg>
  );
}
