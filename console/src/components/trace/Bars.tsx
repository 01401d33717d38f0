/** The waterfall: what is in view of up to ten thousand rows, to be walked through by mouse and keyboard. */
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js';
import { number, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { unfolded, type Row, type Waterfall } from '../../lib/waterfall';
import { colourOf } from './words';

/** Of a row, in pixels; trace.css has it too. */
const HEIGHT = 26;
/** Rows that are there beyond what is in view, so that a quick hand sees no hole. */
const SPARE = 8;
const MARKS = [0, 0.25, 0.5, 0.75, 1];
/** Deeper ones are not moved further to the right. */
const DEEPEST = 16;

export function Bars(props: {
  of: Waterfall;
  chosen: number | undefined;
  onChoose: (row: number | undefined) => void;
}) {
  let box!: HTMLDivElement;
  const [folded, setFolded] = createSignal<ReadonlySet<number>>(new Set());
  const [top, setTop] = createSignal(0);
  const [height, setHeight] = createSignal(600);
  const [at, setAt] = createSignal(0);
  const shown = createMemo(() => unfolded(props.of.rows, folded()));
  const first = () => Math.max(0, Math.floor(top() / HEIGHT) - SPARE);
  const inView = createMemo(() => shown().slice(first(), first() + Math.ceil(height() / HEIGHT) + 2 * SPARE));
  const place = createMemo(() => new Map(shown().map((row, index) => [row, index])));

  onMount(() => {
    const resized = new ResizeObserver(() => setHeight(box.clientHeight));
    resized.observe(box);
    onCleanup(() => resized.disconnect());
  });
  const reveal = (row: number) => {
    const index = place().get(row);
    if (index === undefined) return;
    const y = index * HEIGHT;
    if (y < box.scrollTop) box.scrollTop = y;
    else if (y + HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = y + HEIGHT - box.clientHeight;
  };
  // Chosen from outside: what hides it is unfolded.
  createEffect(
    on([() => props.chosen, () => props.of], ([row]) => {
      if (row === undefined) return;
      const opened = new Set(folded());
      for (let above = props.of.rows[row]?.parent ?? -1; above >= 0; above = props.of.rows[above]!.parent)
        opened.delete(above);
      if (opened.size !== folded().size) setFolded(opened);
      setAt(row);
      queueMicrotask(() => reveal(row));
    }),
  );

  const fold = (row: number, away: boolean) => {
    if (props.of.rows[row]!.size < 2) return;
    const next = new Set(folded());
    if (away) next.add(row);
    else next.delete(row);
    setFolded(next);
  };
  const key = (event: KeyboardEvent) => {
    const index = place().get(at()) ?? 0;
    const page = Math.max(1, Math.floor(height() / HEIGHT) - 1);
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: shown().length - 1,
    };
    const to = moves[event.key];
    const row = props.of.rows[at()];
    if (to !== undefined) setAt(shown()[Math.max(0, Math.min(shown().length - 1, to))] ?? 0);
    else if (event.key === 'ArrowLeft' && row && row.size > 1 && !folded().has(at())) fold(at(), true);
    else if (event.key === 'ArrowLeft' && row && row.parent >= 0) setAt(row.parent);
    else if (event.key === 'ArrowRight') fold(at(), false);
    else if (event.key === 'Enter' || event.key === ' ') props.onChoose(at());
    else if (event.key === 'Escape') props.onChoose(undefined);
    else return;
    event.preventDefault();
    reveal(at());
  };

  return (
    <div class="wf">
      <div class="wf-head" aria-hidden="true">
        <span>{t().trace.operation}</span>
        <span class="wf-marks">
          <For each={MARKS}>
            {(share) => <span style={{ left: `${share * 100}%` }}>{seconds(props.of.seconds * share)}</span>}
          </For>
        </span>
      </div>
      <div
        ref={box}
        class="wf-rows"
        role="tree"
        aria-label={t().trace.waterfall}
        aria-describedby="wf-keys"
        aria-activedescendant={`wf-${at()}`}
        tabindex="0"
        onScroll={() => setTop(box.scrollTop)}
        on:keydown={key}
      >
        <div style={{ height: `${shown().length * HEIGHT}px` }} role="presentation">
          <For each={inView()}>
            {(row) => (
              <Line
                row={row}
                of={props.of}
                y={(place().get(row) ?? 0) * HEIGHT}
                current={at() === row}
                chosen={props.chosen === row}
                folded={folded().has(row)}
                onFold={() => fold(row, !folded().has(row))}
                onChoose={() => {
                  setAt(row);
                  props.onChoose(row);
                }}
              />
            )}
          </For>
        </div>
      </div>
      <p id="wf-keys" class="hidden-visually">
        {t().trace.keys}
      </p>
    </div>
  );
}

function Line(props: {
  row: number;
  of: Waterfall;
  y: number;
  current: boolean;
  chosen: boolean;
  folded: boolean;
  onFold: () => void;
  onChoose: () => void;
}) {
  const one = (): Row => props.of.rows[props.row]!;
  const across = (value: number) => (value / (props.of.seconds || 1)) * 100;
  /** Where there is room for how long it took: behind the bar, before it, or in it. */
  const room = (): Record<string, string> => {
    const [begins, ends] = [across(one().start), across(one().start + one().seconds)];
    if (ends < 88) return { left: `${ends}%`, 'padding-left': '6px' };
    if (begins > 12) return { right: `${100 - begins}%`, 'padding-right': '6px' };
    return { right: `${Math.max(0, 100 - ends)}%`, 'padding-right': '6px' };
  };
  const name = () => (one().work === 'gateway' ? t().trace.gateway : one().service);
  return (
    <div
      id={`wf-${props.row}`}
      class="wf-row"
      classList={{ current: props.current, chosen: props.chosen, failed: one().error }}
      role="treeitem"
      aria-level={one().depth + 1}
      aria-selected={props.chosen}
      aria-expanded={one().size > 1 ? !props.folded : undefined}
      aria-label={t().trace.row(name(), one().name, seconds(one().start), seconds(one().seconds), one().error)}
      style={{ transform: `translateY(${props.y}px)` }}
      onClick={() => props.onChoose()}
    >
      <span class="wf-name" style={{ 'padding-left': `${Math.min(one().depth, DEEPEST) * 12}px` }}>
        <span
          class="wf-fold"
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            props.onFold();
          }}
        >
          {one().size > 1 ? (props.folded ? '▸' : '▾') : ''}
        </span>
        <span class="wf-service" style={{ '--own': colourOf(props.of, one().service) }}>
          {name()}
        </span>
        <span class="wf-operation">
          {one().error ? '✕ ' : ''}
          {one().name}
        </span>
        <Show when={props.folded}>
          <span class="muted">+{number(one().size - 1)}</span>
        </Show>
      </span>
      <span class="wf-lane">
        <span
          class={`wf-bar ${one().work}`}
          style={{
            '--own': colourOf(props.of, one().service),
            left: `${across(one().start)}%`,
            width: `max(2px, ${across(one().seconds)}%)`,
          }}
        />
        <For each={props.of.segments.get(props.row) ?? []}>
          {({ from, to }) => (
            <span class="wf-critical" style={{ left: `${across(from)}%`, width: `max(2px, ${across(to - from)}%)` }} />
          )}
        </For>
        <span class="wf-took" style={room()}>
          {seconds(one().seconds)}
        </span>
      </span>
    </div>
  );
}
