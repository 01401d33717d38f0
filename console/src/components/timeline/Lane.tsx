/** One service over time: instances as steps over the load they met, and a mark for each thing that happened. */
import { createMemo, For, Show } from 'solid-js';
import type { Event } from '../../api/types';
import { number, rate } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { hourMinute, moment } from '../../lib/time';
import { Glyph } from './Glyph';
import {
  area,
  HEIGHT,
  loadOf,
  markersOf,
  most,
  readyOf,
  roof,
  steps,
  valueAt,
  wantedOf,
  WIDTH,
  type Marker,
  type Span,
} from './lanes';
import type { History } from './history';
import { headline } from './words';

/** Marks closer than that are put together, in pixels. */
const NEAR = 20;
/** What is wanted now is shown over such a share of the width at least. */
const SHOWN_NOW = 0.004;

interface Props {
  /** Empty: the platform, which has marks only. */
  name: string;
  history: History | undefined;
  /** Of the kinds that are wanted, oldest first. */
  events: readonly Event[];
  /** All of the service's, for the line of what was wanted. */
  all: readonly Event[];
  /** What is wanted and ready now. */
  now: { ready: number; desired: number; load: number } | undefined;
  span: Span;
  /** Whether its right edge is now. */
  live: boolean;
  /** Of the picture, in pixels. */
  width: number;
  /** Where the pointer is, in seconds since 1970. */
  looked: number | undefined;
  ticks: readonly number[];
  chosen: number | undefined;
  onChoose: (marker: Marker) => void;
}

export function Lane(props: Props) {
  const ready = createMemo(() => readyOf(props.history?.points() ?? []));
  const load = createMemo(() => loadOf(props.history?.points() ?? []));
  const wanted = createMemo(() => {
    // Before it was first seen nothing is known of what was wanted.
    const first = ready().find((sample) => sample.value !== null);
    if (!first || first.at >= props.span.to) return [];
    const { from, to } = props.span;
    const edge = props.live ? to - SHOWN_NOW * (to - from) : undefined;
    return wantedOf(props.all, props.now?.desired ?? 0, { from: Math.max(from, first.at), to }, edge);
  });
  const top = createMemo(() => roof([...ready(), ...wanted()]));
  const peak = createMemo(() => most(load(), props.span));
  const markers = createMemo(() => markersOf(props.events, props.span, NEAR / Math.max(1, props.width)));
  const title = () => props.name || t().timeline.platform;
  const share = (at: number) => `${((at - props.span.from) / (props.span.to - props.span.from)) * 100}%`;

  return (
    <div class="tl-lane" classList={{ bare: props.name === '' }} data-lane={title()}>
      <div class="tl-name">
        <Show when={props.name} fallback={<strong>{title()}</strong>}>
          <a href={href('service', props.name)}>
            <strong>{title()}</strong>
          </a>
        </Show>
        <Show when={props.now}>
          {(now) => (
            <span class="tl-now">
              <span class="tl-count">{t().timeline.nowReady(now().ready, now().desired)}</span>
              <span>{t().timeline.nowLoad(rate(now().load))}</span>
            </span>
          )}
        </Show>
      </div>
      <div class="tl-picture">
        <Show when={props.name}>
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={t().timeline.lanePicture(title(), number(props.now?.ready), rate(props.now?.load))}
          >
            <For each={props.ticks}>
              {(at) => (
                <line
                  class="tl-grid"
                  x1={across(at)}
                  x2={across(at)}
                  y1="0"
                  y2={HEIGHT}
                  vector-effect="non-scaling-stroke"
                />
              )}
            </For>
            <path class="tl-load" d={peak() > 0 ? area(load(), props.span, peak() * 1.15) : ''} />
            <path class="tl-wanted" d={steps(wanted(), props.span, top())} vector-effect="non-scaling-stroke" />
            <path class="tl-ready" d={steps(ready(), props.span, top())} vector-effect="non-scaling-stroke" />
          </svg>
          <span class="tl-scale">{top()}</span>
          <Show when={peak() > 0}>
            <span class="tl-peak">{t().timeline.peak(rate(peak()))}</span>
          </Show>
        </Show>
        <Show when={props.looked !== undefined}>
          <span class="tl-look" style={{ left: share(props.looked!) }} />
          <Show when={props.name}>
            <span
              class="tl-read"
              classList={{ left: props.looked! > (props.span.from + props.span.to) / 2 }}
              style={{ left: share(props.looked!) }}
            >
              {hourMinute(props.looked! * 1000)} · {number(valueAt(ready(), props.looked!))}/
              {number(valueAt(wanted(), props.looked!))} · {rate(valueAt(load(), props.looked!))}/s
            </span>
          </Show>
        </Show>
      </div>
      <div class="tl-marks" role="group" aria-label={t().timeline.lane(title(), markers().length)}>
        <For each={markers()}>
          {(marker, index) => (
            <button
              class="tl-marker"
              classList={{ several: marker.events.length > 1 }}
              data-event={marker.event.id}
              style={{ left: `${marker.at * 100}%` }}
              tabindex={index() === markers().length - 1 ? 0 : -1}
              aria-pressed={marker.events.some((event) => event.id === props.chosen)}
              aria-label={named(marker)}
              data-tip={named(marker)}
              onClick={() => props.onChoose(marker)}
            >
              <Glyph event={marker.event} />
              <Show when={marker.events.length > 1}>
                <span class="tl-several">{marker.events.length}</span>
              </Show>
            </button>
          )}
        </For>
      </div>
    </div>
  );

  function across(at: number): number {
    return ((at - props.span.from) / (props.span.to - props.span.from)) * WIDTH;
  }
}

function named({ event, events }: Marker): string {
  const at = moment(event.at / 1000);
  return events.length > 1
    ? t().timeline.markerMore(at, headline(event), events.length - 1)
    : t().timeline.marker(at, headline(event));
}
