/** Keeps a canvas showing what a view asks for: filled when the view changes, gone on with each second while it is live. */
import { createEffect, createSignal, on, onCleanup, onMount, type Accessor } from 'solid-js';
import { density } from '../../lib/canvas';
import { language } from '../../lib/i18n';
import { theme } from '../../lib/theme';
import { serverNow } from '../../api/clock';
import { Feed } from './feed';
import { MARGIN, Painter, STRIP } from './painter';
import type { View } from './view';
import { look } from './words';

/** The right edge is so far behind now that what ended before it has arrived, in seconds. */
const BEHIND = 1;

export interface Size {
  width: number;
  height: number;
}

export interface Shown {
  feed: Feed;
  from: number;
  to: number;
}

export interface Picture {
  /** What is shown now; it is the same object with other content each second. */
  feed: Accessor<Feed | undefined>;
  /** The moment at the right edge, in seconds since 1970. */
  edge: Accessor<number>;
  /** Where the right edge is to be now. */
  right: () => number;
  loading: Accessor<boolean>;
  trouble: Accessor<string | undefined>;
}

export function createPicture(props: {
  canvas: () => HTMLCanvasElement;
  view: View;
  /** The response time T of the function. */
  t: number | undefined;
  size: Size;
  onShown: (shown: Shown) => void;
}): Picture {
  let painter: Painter | undefined;
  let refreshing = false;
  let refreshedAt = 0;
  let abort = new AbortController();
  const [feed, setFeed] = createSignal<Feed | undefined>(undefined, { equals: false });
  const [edge, setEdge] = createSignal(0);
  const [loading, setLoading] = createSignal(true);
  const [trouble, setTrouble] = createSignal<string>();
  const live = () => props.view.end === undefined;
  const right = () => props.view.end ?? serverNow() - BEHIND;

  async function load(): Promise<void> {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const { width, height } = props.size;
    if (width === 0) return;
    const next = new Feed(props.view, width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom - STRIP);
    setLoading(true);
    try {
      await next.load(serverNow(), signal);
      if (signal.aborted) return;
      setTrouble(undefined);
      redraw(next);
    } catch (error) {
      if (!signal.aborted) setTrouble(messageOf(error));
    } finally {
      if (!signal.aborted) setLoading(false);
    }
  }

  async function refresh(): Promise<void> {
    const own = feed();
    const now = serverNow();
    if (!own || !live() || refreshing || document.hidden || now - refreshedAt < own.every - 0.5) return;
    refreshing = true;
    refreshedAt = now;
    const { signal } = abort;
    try {
      const from = await own.refresh(now, signal);
      if (signal.aborted) return;
      setTrouble(undefined);
      // From the beginning: it may be another scale.
      if (from === 0) redraw(own);
      else {
        painter?.advance(own.store, from, right());
        shown(own);
      }
    } catch (error) {
      if (!signal.aborted) setTrouble(messageOf(error));
    } finally {
      refreshing = false;
    }
  }

  function redraw(own: Feed | undefined): void {
    if (!own || !painter) return;
    const { log, seconds, shade } = props.view;
    const scene = { seconds, live: live(), scale: { log, top: own.store.top }, shade, t: props.t, look: look() };
    painter.rebuild(own.store, scene, right());
    shown(own);
    show();
  }

  function shown(own: Feed): void {
    setFeed(own);
    props.onShown({ feed: own, from: right() - props.view.seconds, to: right() });
  }

  function show(): void {
    const own = feed();
    if (!painter || !own) return;
    const end = right();
    if (live() && painter.exhausted(end)) painter.advance(own.store, end, end);
    painter.show(end);
    setEdge(end);
  }

  /** Moves a live picture whenever it is a pixel behind, and no oftener; once a second for who wants no motion. */
  function move(): () => void {
    const calm = matchMedia('(prefers-reduced-motion: reduce)');
    let frame = 0;
    let timer = 0;
    const next = () => {
      const pause = Math.min(1, Math.max(calm.matches ? 1 : 1 / 60, painter?.pixelSeconds() ?? 1));
      timer = window.setTimeout(() => {
        frame = requestAnimationFrame(() => {
          if (live()) show();
          next();
        });
      }, pause * 1000);
    };
    next();
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  }

  onMount(() => {
    painter = new Painter(props.canvas());
    const refreshed = window.setInterval(() => void refresh(), 1000);
    const still = move();
    onCleanup(() => {
      clearInterval(refreshed);
      still();
      abort.abort();
    });
  });
  createEffect(
    on([() => JSON.stringify(props.view), () => props.size], ([, { width, height }]) => {
      painter?.resize(width, height, density());
      void load();
    }),
  );
  createEffect(on([theme, language, () => props.t], () => redraw(feed()), { defer: true }));

  return { feed, edge, right, loading, trouble };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
