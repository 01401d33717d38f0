/** The T-Map's picture: live, with a rectangle to be dragged by mouse, finger or keyboard. */
import { createEffect, createMemo, createSignal, on, onCleanup, onMount, Show } from 'solid-js';
import { ApiError } from '../../api/client';
import { number, seconds } from '../../lib/format';
import { language, t } from '../../lib/i18n';
import { colour, theme } from '../../lib/theme';
import { clock, day, hourMinute } from '../../lib/time';
import { serverNow } from './clock';
import { Feed } from './feed';
import { MARGIN, Painter, STRIP, type Look, type Scene } from './painter';
import { colours } from './palette';
import { areaBetween, around, boxOf, momentAt, moved, xOf, type Box, type Frame, type Place } from './select';
import type { Area, Figures } from './store';
import type { View } from './view';

/** The right edge is so far behind now that what ended before it has arrived, in seconds. */
const BEHIND = 1;
/** What a press, or the keyboard's cursor, takes in on each side, in pixels. */
const REACH = 6;
const KEY_STEP = 12;
/** A drag is one from here on, in pixels. */
const DRAGGED = 4;

export interface Shown {
  feed: Feed;
  from: number;
  to: number;
}

interface Props {
  view: View;
  /** The response time T of the function. */
  t: number | undefined;
  area: Area | undefined;
  onSelect: (area: Area | undefined) => void;
  onPause: (end: number | undefined) => void;
  /** Called with what is shown, whenever it has changed. */
  onShown: (shown: Shown) => void;
}

export function Chart(props: Props) {
  let box!: HTMLDivElement;
  let canvas!: HTMLCanvasElement;
  let painter: Painter | undefined;
  let feed: Feed | undefined;
  let refreshing = false;
  let abort = new AbortController();

  const [size, setSize] = createSignal(
    { width: 0, height: 0 },
    { equals: (a, b) => a.width === b.width && a.height === b.height },
  );
  const [edge, setEdge] = createSignal(0);
  const [loading, setLoading] = createSignal(true);
  const [trouble, setTrouble] = createSignal<string>();
  const [version, setVersion] = createSignal(0);
  const [hover, setHover] = createSignal<Place>();
  const [cursor, setCursor] = createSignal<Place>();
  const [anchor, setAnchor] = createSignal<{ at: number; y: number }>();
  const [pull, setPull] = createSignal<Place>();
  const live = () => props.view.end === undefined;

  const frame = createMemo<Frame>(() => {
    version();
    const { width, height } = size();
    return {
      width: Math.max(1, width - MARGIN.left - MARGIN.right),
      height: Math.max(1, height - MARGIN.top - MARGIN.bottom),
      strip: STRIP,
      from: edge() - props.view.seconds,
      to: edge(),
      scale: { log: props.view.log, top: feed?.store.top ?? 1 },
    };
  });

  const scene = (): Scene => ({
    seconds: props.view.seconds,
    live: live(),
    scale: { log: props.view.log, top: feed?.store.top ?? 1 },
    t: props.t,
    look: look(),
  });

  async function load(): Promise<void> {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const { view } = props;
    const { width, height } = size();
    if (width === 0) return;
    const next = new Feed(view, width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom - STRIP);
    setLoading(true);
    try {
      await next.load(serverNow(), signal);
      if (signal.aborted) return;
      feed = next;
      setTrouble(undefined);
      redraw();
    } catch (error) {
      if (!signal.aborted) setTrouble(messageOf(error));
    } finally {
      if (!signal.aborted) setLoading(false);
    }
  }

  async function refresh(): Promise<void> {
    const own = feed;
    if (!own || !live() || refreshing || document.hidden) return;
    refreshing = true;
    try {
      const from = await own.refresh(serverNow(), abort.signal);
      if (own !== feed) return;
      painter?.advance(own.store, from, right());
      setTrouble(undefined);
      shown();
    } catch (error) {
      if (own === feed && !abort.signal.aborted) setTrouble(messageOf(error));
    } finally {
      refreshing = false;
    }
  }

  const right = () => props.view.end ?? serverNow() - BEHIND;

  function redraw(): void {
    if (!feed || !painter) return;
    painter.rebuild(feed.store, scene(), right());
    shown();
    show();
  }

  function shown(): void {
    setVersion((n) => n + 1);
    if (feed) props.onShown({ feed, from: right() - props.view.seconds, to: right() });
  }

  function show(): void {
    if (!painter || !feed) return;
    const end = right();
    if (live() && painter.exhausted(end)) painter.advance(feed.store, end, end);
    painter.show(end);
    setEdge(end);
  }

  onMount(() => {
    painter = new Painter(canvas);
    const resized = new ResizeObserver(() => setSize({ width: box.clientWidth, height: box.clientHeight }));
    resized.observe(box);
    setSize({ width: box.clientWidth, height: box.clientHeight });
    const refreshed = window.setInterval(() => {
      if (feed && Math.floor(serverNow()) % feed.every === 0) void refresh();
    }, 1000);
    let moving = 0;
    let timer = 0;
    const move = () => {
      const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      const pause = live() ? Math.max(calm ? 1 : 1 / 60, Math.min(1, painter?.pixelSeconds() ?? 1)) : 1;
      timer = window.setTimeout(() => {
        moving = requestAnimationFrame(() => {
          if (live()) show();
          move();
        });
      }, pause * 1000);
    };
    move();
    onCleanup(() => {
      resized.disconnect();
      clearInterval(refreshed);
      clearTimeout(timer);
      cancelAnimationFrame(moving);
      abort.abort();
    });
  });

  createEffect(
    on([() => JSON.stringify(props.view), size], ([, { width, height }]) => {
      painter?.resize(width, height, Math.min(2, window.devicePixelRatio || 1));
      void load();
    }),
  );
  createEffect(on([theme, language, () => props.t], redraw, { defer: true }));

  const place = (event: PointerEvent): Place => {
    const at = box.getBoundingClientRect();
    return { x: event.clientX - at.left - MARGIN.left, y: event.clientY - at.top - MARGIN.top };
  };
  const anchored = (): Place | undefined => {
    const from = anchor();
    return from && { x: xOf(frame(), from.at), y: from.y };
  };
  const cell = (at: Place): Area => {
    const found = around(frame(), at, REACH);
    if (!feed || feed.store.dots) return found;
    // Whole columns: nothing is known of where in one a transaction ended.
    const step = feed.store.columnSeconds;
    const from = Math.floor(momentAt(frame(), at.x) / step) * step;
    return { ...found, from, to: from + step };
  };
  const pulled = (): Area | undefined => {
    const from = anchored();
    const to = pull();
    return from && to ? areaBetween(frame(), from, to) : undefined;
  };

  const pressed = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const at = place(event);
    box.setPointerCapture(event.pointerId);
    setHover(undefined);
    setCursor(undefined);
    setAnchor({ at: momentAt(frame(), at.x), y: at.y });
  };
  const dragged = (event: PointerEvent) => {
    const at = place(event);
    const from = anchored();
    if (!from) setHover(inside(frame(), at) ? at : undefined);
    else if (pull() || Math.hypot(at.x - from.x, at.y - from.y) >= DRAGGED) setPull(at);
  };
  const released = (event: PointerEvent) => {
    const area = pulled();
    const at = place(event);
    if (anchor()) {
      if (area) props.onSelect(area);
      else props.onSelect(figuresOf(cell(at)).transactions > 0 ? cell(at) : undefined);
    }
    drop();
  };
  const drop = () => {
    setAnchor(undefined);
    setPull(undefined);
  };

  const key = (event: KeyboardEvent) => {
    const step = event.ctrlKey ? KEY_STEP * 4 : KEY_STEP;
    const now = cursor() ?? { x: frame().width * 0.9, y: frame().height / 2 };
    const next = moved(frame(), now, event.key, step);
    if (next) {
      if (event.shiftKey && !anchor()) setAnchor({ at: momentAt(frame(), now.x), y: now.y });
      if (!event.shiftKey) drop();
      setCursor(next);
      setPull(event.shiftKey ? next : undefined);
    } else if (event.key === 'Enter') {
      props.onSelect(pulled() ?? cell(now));
      drop();
    } else if (event.key === 'Escape') {
      if (pull()) drop();
      else props.onSelect(undefined);
    } else if (event.key === ' ') {
      props.onPause(live() ? Math.floor(right()) : undefined);
    } else return;
    event.preventDefault();
  };

  const figuresOf = (area: Area): Figures => {
    version();
    return feed?.store.figures(area) ?? { transactions: 0, errors: 0 };
  };
  const looked = createMemo(() => {
    const at = hover() ?? cursor();
    if (!at) return undefined;
    const area = pulled() ?? cell(at);
    return { at, area, figures: figuresOf(area) };
  });
  const selection = createMemo((): Box | undefined => {
    const area = pulled() ?? props.area;
    return area && boxOf(frame(), area);
  });
  const above = createMemo(() => {
    version();
    return feed?.store.above(frame().from, frame().to);
  });

  return (
    <div class="tm-chart">
      <div
        ref={box}
        class="tm-plot"
        role="application"
        aria-roledescription={t().tmap.plot}
        aria-label={t().tmap.plotLabel}
        aria-describedby="tm-keys tm-summary"
        tabindex="0"
        on:pointerdown={pressed}
        on:pointermove={dragged}
        on:pointerup={released}
        on:pointercancel={drop}
        on:pointerleave={() => setHover(undefined)}
        on:keydown={key}
        on:blur={() => {
          setCursor(undefined);
          if (!pull()) drop();
        }}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <div
          class="tm-over"
          style={{
            left: `${MARGIN.left}px`,
            top: `${MARGIN.top}px`,
            right: `${MARGIN.right}px`,
            bottom: `${MARGIN.bottom}px`,
          }}
        >
          <Show when={(above()?.transactions ?? 0) > 0}>
            <span class="tm-above">
              {t().tmap.above(axisSeconds(frame().scale.top), number(above()?.transactions))}
            </span>
          </Show>
          <Show when={selection()}>
            {(at) => <div class="tm-selection" classList={{ pulled: pull() !== undefined }} style={pixels(at())} />}
          </Show>
          <Show when={cursor()}>
            {(at) => <div class="tm-cursor" style={{ left: `${at().x}px`, top: `${at().y}px` }} />}
          </Show>
          <Show when={looked()}>
            {(it) => (
              <div class="tm-tip" classList={{ left: it().at.x > frame().width / 2 }} style={tipAt(it().at, frame())}>
                <strong>{t().tmap.count(number(it().figures.transactions))}</strong>
                <Show when={it().figures.errors > 0}>
                  <span class="tm-bad">{t().tmap.errorCount(number(it().figures.errors))}</span>
                </Show>
                <span>{stretch(it().area)}</span>
                <span>{heights(it().area)}</span>
              </div>
            )}
          </Show>
        </div>
        <Show when={loading() && !trouble()}>
          <div class="tm-loading" role="status">
            {t().app.loading}
          </div>
        </Show>
      </div>
      <Show when={trouble()}>
        <p class="tm-trouble" role="alert">
          {t().tmap.trouble} <span class="muted">{trouble()}</span>
        </p>
      </Show>
      <p id="tm-keys" class="hidden-visually">
        {t().tmap.keys}
      </p>
      <p class="hidden-visually" aria-live="polite">
        {cursor() && looked() ? spoken(looked()!.area, looked()!.figures) : ''}
      </p>
    </div>
  );
}

/** A stretch of time in words: to the second, or finer when it is short. */
export function stretch({ from, to }: Pick<Area, 'from' | 'to'>): string {
  const fine = to - from < 5;
  const one = (at: number) => (fine ? `${clock(at * 1000)}.${String(Math.floor((at % 1) * 10))}` : clock(at * 1000));
  const days = to - from > 86_400 || day(from * 1000) !== day(Date.now());
  return days ? `${day(from * 1000)} ${one(from)} – ${one(to)}` : `${one(from)} – ${one(to)}`;
}

export function heights({ low, high }: Pick<Area, 'low' | 'high'>): string {
  return high === undefined ? t().tmap.orLonger(seconds(low)) : `${seconds(low)} – ${seconds(high)}`;
}

function spoken(area: Area, figures: Figures): string {
  const words = t().tmap;
  return `${stretch(area)}, ${heights(area)}: ${words.count(number(figures.transactions))}, ${words.errorCount(number(figures.errors))}`;
}

function look(): Look {
  return {
    colours: colours(theme()),
    text: colour('text-3'),
    grid: colour('grid'),
    line: colour('line-strong'),
    strip: colour('surface-2'),
    target: colour('series-3'),
    surface: colour('surface'),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
    response: axisSeconds,
    time: axisTime,
    targets: (one) => [`T ${axisSeconds(one)}`, `4T ${axisSeconds(one * 4)}`],
  };
}

/** As short as it is exact: 0, 250 ms, 1.5 s. */
function axisSeconds(value: number): string {
  if (value === 0) return '0';
  return value < 1 ? `${number(value * 1000, 1, false)} ms` : `${number(value, 2, false)} s`;
}

function axisTime(at: number, step: number): string {
  const date = new Date(at * 1000);
  if (step >= 86_400 || (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0))
    return day(at * 1000);
  return step < 60 ? clock(at * 1000) : hourMinute(at * 1000);
}

function pixels(at: Box): Record<string, string> {
  return { left: `${at.left}px`, top: `${at.top}px`, width: `${at.width}px`, height: `${at.height}px` };
}

function tipAt(at: Place, { width, height }: Frame): Record<string, string> {
  const vertical = { top: `${Math.min(Math.max(0, at.y - 20), height - 70)}px` };
  return at.x > width / 2 ? { right: `${width - at.x + 16}px`, ...vertical } : { left: `${at.x + 16}px`, ...vertical };
}

function inside({ width, height }: Frame, { x, y }: Place): boolean {
  return x >= 0 && y >= 0 && x <= width && y <= height;
}

function messageOf(error: unknown): string {
  return error instanceof ApiError || error instanceof Error ? error.message : String(error);
}
