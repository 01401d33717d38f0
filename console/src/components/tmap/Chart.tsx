/** The T-Map's picture: live, with a rectangle to be dragged by mouse, finger or keyboard. */
import { createMemo, createSignal, onCleanup, onMount, Show, untrack } from 'solid-js';
import { number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { MARGIN, STRIP } from './painter';
import { createPicture, type Shown, type Size } from './picture';
import { areaBetween, around, boxOf, momentAt, moved, xOf, type Box, type Frame, type Place } from './select';
import type { Area, Figures } from './store';
import type { View } from './view';
import { axisSeconds, heights, spoken, stretch } from './words';

/** What a press, or the keyboard's cursor, takes in on each side, in pixels. */
const REACH = 6;
const KEY_STEP = 12;
/** A drag is one from here on, in pixels. */
const DRAGGED = 4;

interface Props {
  /** Of this map among those on the page. */
  id: string;
  label: string;
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
  const [size, setSize] = createSignal<Size>(
    { width: 0, height: 0 },
    { equals: (a, b) => a.width === b.width && a.height === b.height },
  );
  const picture = createPicture({
    canvas: () => canvas,
    get view() {
      return props.view;
    },
    get t() {
      return props.t;
    },
    get size() {
      return size();
    },
    onShown: (shown) => props.onShown(shown),
  });
  const [hover, setHover] = createSignal<Place>();
  const [cursor, setCursor] = createSignal<Place>();
  const [anchor, setAnchor] = createSignal<{ at: number; y: number }>();
  const [pull, setPull] = createSignal<Place>();
  const live = () => props.view.end === undefined;

  const frame = createMemo<Frame>(() => {
    const { width, height } = size();
    return {
      width: Math.max(1, width - MARGIN.left - MARGIN.right),
      height: Math.max(1, height - MARGIN.top - MARGIN.bottom),
      strip: STRIP,
      from: picture.edge() - props.view.seconds,
      to: picture.edge(),
      scale: { log: props.view.log, top: picture.feed()?.store.top ?? 1 },
    };
  });
  onMount(() => {
    const measure = () => setSize({ width: box.clientWidth, height: box.clientHeight });
    const resized = new ResizeObserver(measure);
    resized.observe(box);
    measure();
    onCleanup(() => resized.disconnect());
  });

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
    const store = picture.feed()?.store;
    if (!store || store.dots) return found;
    // Whole columns: nothing is known of where in one a transaction ended.
    const step = store.columnSeconds;
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
      props.onPause(live() ? Math.floor(picture.right()) : undefined);
    } else return;
    event.preventDefault();
  };

  const figuresOf = (area: Area): Figures => picture.feed()?.store.figures(area) ?? { transactions: 0, errors: 0 };
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
    // Counted anew when something has come, not with every pixel that the picture moves.
    const { from, to } = untrack(frame);
    return picture.feed()?.store.above(from, to);
  });

  return (
    <div class="tm-chart">
      <div
        ref={box}
        class="tm-plot"
        role="application"
        aria-roledescription={t().tmap.plot}
        aria-label={props.label}
        aria-describedby={`${props.id}-keys ${props.id}-summary`}
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
        <Show when={picture.loading() && !picture.trouble()}>
          <div class="tm-loading" role="status">
            {t().app.loading}
          </div>
        </Show>
      </div>
      <Show when={picture.trouble()}>
        <p class="tm-trouble" role="alert">
          {t().tmap.trouble} <span class="muted">{picture.trouble()}</span>
        </p>
      </Show>
      <p id={`${props.id}-keys`} class="hidden-visually">
        {t().tmap.keys}
      </p>
      <p class="hidden-visually" aria-live="polite">
        {cursor() && looked() ? spoken(looked()!.area, looked()!.figures) : ''}
      </p>
    </div>
  );
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
