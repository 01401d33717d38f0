/** Hundreds of instances in one picture, to be pointed at or walked through; each leads to its page. */
import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show } from 'solid-js';
import { staleFor } from '../../api/live';
import { number, rate, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { go, href } from '../../lib/route';
import { theme } from '../../lib/theme';
import { cornerOf, grid, indexAt, stepped } from './grid';
import { Painter, well, type Cell, type Colouring } from './painter';
import './crowd.css';

export interface Group {
  key: string;
  title: string;
  href?: string | undefined;
  cells: Cell[];
}

export function Crowd(props: { groups: readonly Group[]; by: Colouring; height: number }) {
  let box!: HTMLDivElement;
  let canvas!: HTMLCanvasElement;
  const [width, setWidth] = createSignal(0);
  const [at, setAt] = createSignal<number>();
  const cells = createMemo(() => props.groups.flatMap((group) => group.cells));
  const placed = createMemo(
    () => {
      const counts = props.groups.map((group) => group.cells.length);
      return { counts: counts.join(), grid: grid(counts, width(), props.height) };
    },
    undefined,
    { equals: (a, b) => a.counts === b.counts && a.grid.across === b.grid.across && a.grid.size === b.grid.size },
  );
  const looked = () => (at() === undefined ? undefined : cells()[at()!]);

  onMount(() => {
    const painter = new Painter(canvas);
    const resized = new ResizeObserver(() => setWidth(box.clientWidth));
    resized.observe(box);
    setWidth(box.clientWidth);
    const [hidden, setHidden] = createSignal(document.hidden);
    const visibility = () => setHidden(document.hidden);
    document.addEventListener('visibilitychange', visibility);
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    createEffect(() => {
      theme();
      painter.restyle();
    });
    createEffect(() => {
      theme();
      if (width() > 0) painter.show(cells(), placed().grid, width(), props.by);
    });
    createEffect(() => {
      // What is no longer so does not move either.
      if (!hidden() && !calm && staleFor() === undefined) painter.frames.start();
      else painter.frames.stop();
    });
    onCleanup(() => {
      painter.frames.stop();
      resized.disconnect();
      document.removeEventListener('visibilitychange', visibility);
    });
  });

  const pointed = (event: PointerEvent) => {
    const { left, top } = box.getBoundingClientRect();
    setAt(indexAt(placed().grid, event.clientX - left, event.clientY - top));
  };
  const open = () => {
    const cell = looked();
    if (cell) go(href('instance', cell.instance.id));
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Enter') open();
    else {
      const next = stepped(placed().grid, at() ?? 0, event.key);
      if (next === undefined) return;
      setAt(next);
    }
    event.preventDefault();
  };
  const words = (cell: Cell) =>
    t().crowd.cell(
      cell.instance.id,
      t().states[cell.instance.state],
      number(cell.instance.in_flight),
      rate(cell.instance.requests_per_second),
      seconds(cell.instance.mean_seconds),
    );
  return (
    <div
      ref={box}
      class="crowd"
      role="application"
      aria-label={t().crowd.picture(number(cells().length))}
      aria-describedby="crowd-keys"
      tabindex="0"
      on:pointermove={pointed}
      on:pointerleave={() => setAt(undefined)}
      on:click={open}
      on:keydown={key}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <For each={props.groups}>
        {(group, index) => (
          <div class="crowd-head" style={{ top: `${placed().grid.groups[index()]?.top ?? 0}px` }}>
            <Show when={group.href} fallback={<b>{group.title}</b>}>
              <a href={group.href} onClick={(event) => event.stopPropagation()}>
                <b>{group.title}</b>
              </a>
            </Show>
            <span class="muted">
              {t().crowd.counts(number(group.cells.filter(well).length), number(group.cells.length))} ·{' '}
              {t().crowd.flight(number(group.cells.reduce((sum, { instance }) => sum + instance.in_flight, 0)))}
            </span>
          </div>
        )}
      </For>
      <Show when={looked()}>
        {(cell) => {
          const corner = () => cornerOf(placed().grid, at()!);
          return (
            <>
              <div
                class="crowd-at"
                style={{
                  left: `${corner().x - 2}px`,
                  top: `${corner().y - 2}px`,
                  width: `${placed().grid.size + 4}px`,
                  height: `${placed().grid.size + 4}px`,
                }}
              />
              <div
                class="crowd-tip"
                style={{
                  top: `${corner().y + placed().grid.size + 6}px`,
                  ...(corner().x > width() / 2
                    ? { right: `${width() - corner().x - placed().grid.size}px` }
                    : { left: `${corner().x}px` }),
                }}
              >
                {words(cell())}
              </div>
            </>
          );
        }}
      </Show>
      <p id="crowd-keys" class="hidden-visually">
        {t().crowd.keys}
      </p>
      <p class="hidden-visually" aria-live="polite">
        {looked() ? words(looked()!) : ''}
      </p>
    </div>
  );
}
