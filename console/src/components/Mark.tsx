import { Match, Switch } from 'solid-js';
import type { Level } from '../lib/health';

/** A level as a shape of its own colour: disc, ring segment, triangle, octagon-like square. Readable without colour. */
export function Mark(props: { level: Level }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <Switch>
        <Match when={props.level === 'good'}>
          <circle cx="6" cy="6" r="4.5" fill="var(--good-fill)" />
        </Match>
        <Match when={props.level === 'busy'}>
          <circle cx="6" cy="6" r="4" fill="none" stroke="var(--busy-fill)" stroke-width="2.2" />
        </Match>
        <Match when={props.level === 'warn'}>
          <path d="M6 .8 11.7 11H.3Z" fill="var(--warn-fill)" />
        </Match>
        <Match when={props.level === 'bad'}>
          <path d="M6 0 12 6 6 12 0 6Z" fill="var(--bad-fill)" />
        </Match>
      </Switch>
    </svg>
  );
}
