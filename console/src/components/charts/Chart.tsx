import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show, type JSX } from 'solid-js';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { NONE } from '../../lib/format';
import { language } from '../../lib/i18n';
import { theme } from '../../lib/theme';
import { options, type Line, type Steps } from './plot';

/** Legends of more lines than this would be longer than the chart. */
const MOST_NAMED = 8;

export type Data = [times: number[], ...values: (number | null)[][]];

/** Lines over time. Its heading has the values under the cursor, or the last ones. */
export function Chart(props: {
  title: string;
  lines: readonly Line[];
  data: Data;
  /** How long a time it shows. */
  seconds: number;
  format: (value: number) => string;
  top?: number | undefined;
  steps?: Steps | undefined;
  /** Where it ends, in seconds since 1970; none: at the newest point. */
  end?: number | undefined;
  /** A moment to mark, in seconds since 1970. */
  mark?: number | undefined;
  /** What may be done with it. */
  actions?: JSX.Element;
}) {
  const [at, setAt] = createSignal<number | null>(null);
  let box!: HTMLDivElement;
  let plot: uPlot | undefined;

  const value = (index: number) => {
    const values = props.data[index + 1] ?? [];
    const hovered = at();
    const found = hovered === null ? lastOf(values) : values[hovered];
    return found === null || found === undefined ? NONE : props.format(found);
  };

  function build(): void {
    plot?.destroy();
    const { clientWidth: width, clientHeight: height } = box;
    if (width === 0) return;
    plot = new uPlot(
      options({
        width,
        height,
        seconds: props.seconds,
        lines: props.lines,
        format: props.format,
        top: props.top,
        steps: props.steps,
        end: props.end,
        mark: props.mark,
        hover: setAt,
      }),
      props.data as uPlot.AlignedData,
      box,
    );
  }

  onMount(() => {
    const sizes = new ResizeObserver(() => {
      if (plot) plot.setSize({ width: box.clientWidth, height: box.clientHeight });
      else build();
    });
    sizes.observe(box);
    // Another theme, language, length or set of lines is another chart; new figures are not.
    const looks = createMemo(
      () => `${props.seconds} ${props.end} ${props.mark}` + props.lines.map((line) => line.label + line.stroke).join(),
    );
    createEffect(on([theme, language, looks], build));
    createEffect(() => {
      const data = props.data;
      if (plot && data.length === plot.series.length) plot.setData(data as uPlot.AlignedData);
    });
    onCleanup(() => {
      sizes.disconnect();
      plot?.destroy();
    });
  });

  return (
    <figure class="chart">
      <figcaption>
        <span class="title">{props.title}</span>
        <ul class="legend">
          <For each={props.lines.slice(0, MOST_NAMED)}>
            {(line, index) => (
              <li>
                <svg width="12" height="8" viewBox="0 0 12 8" aria-hidden="true">
                  <path
                    d="M0 4h12"
                    stroke={`var(--${line.stroke})`}
                    stroke-width="2.2"
                    stroke-dasharray={line.dash?.join(' ')}
                  />
                </svg>
                <Show when={props.lines.length > 1}>
                  <span class="name">{line.label}</span>
                </Show>
                <b>{value(index())}</b>
              </li>
            )}
          </For>
        </ul>
        {props.actions}
      </figcaption>
      <div ref={box} class="plot" aria-hidden="true" />
    </figure>
  );
}

function lastOf(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}
