/** Figures over time: asked once, and kept up to date while they end now. */
import { createEffect, createSignal, onCleanup, type Accessor } from 'solid-js';
import type { Range } from '../lib/time';
import { serverNow } from './clock';
import { get } from './client';
import type { Point } from './types';

/** As many as a chart has room for. */
const POINTS = 300;
/** Seconds that may still change: telemetry closes a second shortly after its end. */
const UNSETTLED = 6;

/** `all`, `service:portal`, `function:approval`, `instance:portal-3-1`, `host`. From and to in seconds since 1970. */
export function series(subject: string, from: number, to: number, points: number, signal?: AbortSignal) {
  return get<Point[]>('series', { subject, from, to, points }, signal);
}

export interface Figures {
  points: Accessor<Point[]>;
  /** Whether the last try failed; what is there stays. */
  failed: Accessor<boolean>;
  /** Whether the first answer has come. */
  loaded: Accessor<boolean>;
}

/**
 * Figures of a subject over the range that ends now, or so many seconds before now. Asks while the page is seen, as often as there
 * is something new.
 */
export function following(
  subject: Accessor<string | undefined>,
  range: Accessor<Range>,
  atMost = POINTS,
  back: Accessor<number | undefined> = () => undefined,
): Figures {
  const [points, setPoints] = createSignal<Point[]>([]);
  const [failed, setFailed] = createSignal(false);
  const [loaded, setLoaded] = createSignal(false);
  createEffect(() => {
    const wanted = subject();
    const { seconds } = range();
    const ago = back() ?? 0;
    const stop = new AbortController();
    let timer: number | undefined;
    let known: Point[] = [];
    setPoints([]);
    setLoaded(false);

    const round = async () => {
      if (wanted !== undefined && !(document.hidden && known.length > 0)) {
        try {
          known = await refreshed(wanted, seconds, ago, atMost, known, stop.signal);
          setPoints(known);
          setFailed(false);
          setLoaded(true);
        } catch {
          if (stop.signal.aborted) return;
          setFailed(true);
        }
      }
      if (!stop.signal.aborted) timer = window.setTimeout(() => void round(), pause(seconds, atMost));
    };
    void round();
    onCleanup(() => {
      stop.abort();
      clearTimeout(timer);
    });
  });
  return { points, failed, loaded };
}

/** Milliseconds until there is a new point, within reason. */
function pause(seconds: number, atMost: number): number {
  return Math.min(30, Math.max(1, Math.ceil(seconds / atMost))) * 1000;
}

/** Seconds one by one are added to; longer stretches are asked for as a whole, because their borders move. */
async function refreshed(
  subject: string,
  seconds: number,
  ago: number,
  atMost: number,
  known: Point[],
  signal: AbortSignal,
) {
  // The second before this one may still be counted.
  const to = Math.floor(serverNow()) - 1 - ago;
  const from = to - seconds;
  const last = known.at(-1);
  const settled = last ? last.at - UNSETTLED : 0;
  if (seconds > atMost || settled <= from) return series(subject, from, to, atMost, signal);
  const news = await series(subject, settled, to, atMost, signal);
  return [...known.filter((point) => point.at >= from && point.at < settled), ...news];
}
