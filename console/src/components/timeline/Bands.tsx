/** All services on one axis of time, and the keyboard's way from mark to mark. */
import { createMemo, createSignal, For, onCleanup, onMount } from 'solid-js';
import { status } from '../../api/live';
import type { Event } from '../../api/types';
import { clock, day, hourMinute } from '../../lib/time';
import { timeTicks } from '../tmap/scale';
import { Lane } from './Lane';
import type { History } from './history';
import type { Marker, Span } from './lanes';

interface Props {
  services: readonly string[];
  histories: (service: string) => History | undefined;
  /** Of the kinds that are wanted, oldest first. */
  events: readonly Event[];
  all: readonly Event[];
  span: Span;
  live: boolean;
  chosen: number | undefined;
  onChoose: (marker: Marker) => void;
}

export function Bands(props: Props) {
  let box!: HTMLDivElement;
  let axis!: HTMLDivElement;
  const [width, setWidth] = createSignal(800);
  const [looked, setLooked] = createSignal<number>();
  const ticks = createMemo(() => timeTicks(props.span.from, props.span.to, Math.max(2, Math.floor(width() / 84))));
  /** Few services have more room each. */
  const height = () => `${Math.max(64, Math.min(150, Math.round(330 / Math.max(1, props.services.length))))}px`;
  const share = (at: number) => (at - props.span.from) / (props.span.to - props.span.from);
  const of = (events: readonly Event[], name: string) => events.filter((event) => (event.service ?? '') === name);
  /** The platform, which has no name, where something happened to it; then every service. */
  const names = () => [...(of(props.events, '').length > 0 ? [''] : []), ...props.services];
  const now = (name: string) => {
    const service = status()?.services.find((one) => one.name === name);
    return service && { ready: service.ready, desired: service.desired, load: service.traffic.requests_per_second };
  };

  onMount(() => {
    const resized = new ResizeObserver(() => setWidth(axis.clientWidth));
    resized.observe(axis);
    onCleanup(() => resized.disconnect());
  });

  const look = (event: PointerEvent) => {
    const at = axis.getBoundingClientRect();
    const place = (event.clientX - at.left) / at.width;
    const { from, to } = props.span;
    setLooked(event.pointerType === 'mouse' && place >= 0 && place <= 1 ? from + place * (to - from) : undefined);
  };
  const key = (event: KeyboardEvent) => {
    const here = event.target;
    if (!(here instanceof HTMLElement) || !here.matches('.tl-marker')) return;
    const next = neighbour(box, here, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  return (
    <div
      ref={box}
      class="tl-bands"
      style={{ '--tl-height': height() }}
      on:keydown={key}
      on:pointermove={look}
      on:pointerleave={() => setLooked(undefined)}
    >
      <For each={names()}>
        {(name) => (
          <Lane
            name={name}
            history={name ? props.histories(name) : undefined}
            events={of(props.events, name)}
            all={of(props.all, name)}
            now={now(name)}
            span={props.span}
            live={props.live}
            width={width()}
            looked={looked()}
            ticks={ticks().at}
            chosen={props.chosen}
            onChoose={props.onChoose}
          />
        )}
      </For>
      <div class="tl-axis" aria-hidden="true">
        <div ref={axis}>
          <For each={ticks().at.filter((at) => share(at) * width() > 24 && (1 - share(at)) * width() > 24)}>
            {(at) => <span style={{ left: `${share(at) * 100}%` }}>{tick(at, ticks().step)}</span>}
          </For>
        </div>
      </div>
    </div>
  );
}

function tick(at: number, step: number): string {
  const date = new Date(at * 1000);
  if (step >= 86_400 || (date.getHours() === 0 && date.getMinutes() === 0)) return day(at * 1000);
  return step < 60 ? clock(at * 1000) : hourMinute(at * 1000);
}

/** The mark that a key leads to: along its lane, or the nearest one of the lane above or below. */
function neighbour(box: HTMLElement, here: HTMLElement, key: string): HTMLElement | undefined {
  const lanes = [...box.querySelectorAll<HTMLElement>('.tl-marks')]
    .map((lane) => [...lane.querySelectorAll<HTMLElement>('.tl-marker')])
    .filter((lane) => lane.length > 0);
  const row = lanes.findIndex((lane) => lane.includes(here));
  const lane = lanes[row];
  if (!lane) return undefined;
  const index = lane.indexOf(here);
  switch (key) {
    case 'ArrowLeft':
      return lane[index - 1];
    case 'ArrowRight':
      return lane[index + 1];
    case 'Home':
      return lane[0];
    case 'End':
      return lane.at(-1);
    case 'ArrowUp':
    case 'ArrowDown': {
      const x = here.getBoundingClientRect().left;
      const far = (one: HTMLElement) => Math.abs(one.getBoundingClientRect().left - x);
      return lanes[row + (key === 'ArrowUp' ? -1 : 1)]?.reduce((best, one) => (far(one) < far(best) ? one : best));
    }
    default:
      return undefined;
  }
}
