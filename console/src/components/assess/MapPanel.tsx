import { createMemo, For, Show } from 'solid-js';
import type { RankedSystem } from '../../api/assess';
import { number } from '../../lib/format';
import { t } from '../../lib/i18n';
import './portfolio.css';

const GRADES = [1, 2, 3, 4, 5] as const;
/** Marks in one cell; what is more is counted. */
const ROOM = 14;
const SHAPES = ['poor', 'middling', 'good'] as const;
type Shape = (typeof SHAPES)[number];

/** Systems by size and complexity; each is a button that finds it in the list. */
export function MapPanel(props: {
  systems: readonly RankedSystem[];
  chosen: string;
  onChoose: (system: string) => void;
}) {
  const words = () => t().portfolio;
  const cells = createMemo(() => {
    const all = new Map<string, RankedSystem[]>();
    for (const system of props.systems) {
      if (!system.size || !system.complexity || !system.scalability) continue;
      const key = `${rounded(system.size.value)}/${rounded(system.complexity.value)}`;
      all.set(key, [...(all.get(key) ?? []), system]);
    }
    return all;
  });
  const placed = () => [...cells().values()].reduce((sum, { length }) => sum + length, 0);
  return (
    <section class="panel" aria-label={words().map}>
      <div class="panel-head">
        <h2>{words().map}</h2>
        <span class="note">{words().mapHint}</span>
      </div>
      <div class="shapes">
        <For each={SHAPES}>
          {(shape) => (
            <span>
              <ShapeMark shape={shape} />
              {words().shapes[shape]}
            </span>
          )}
        </For>
        <Show when={placed() < props.systems.length}>
          <span class="muted">{words().gradeless(number(props.systems.length - placed()))}</span>
        </Show>
      </div>
      <div class="map-grid">
        <span class="map-axis" aria-hidden="true" />
        <span class="map-label" aria-hidden="true">
          {words().complexity} ↑ · {words().size} →
        </span>
        <For each={[...GRADES].reverse()}>
          {(complexity) => (
            <>
              <span class="map-axis" aria-hidden="true">
                {complexity}
              </span>
              <For each={GRADES}>
                {(size) => (
                  <Cell
                    size={size}
                    complexity={complexity}
                    systems={cells().get(`${size}/${complexity}`) ?? []}
                    chosen={props.chosen}
                    onChoose={props.onChoose}
                  />
                )}
              </For>
            </>
          )}
        </For>
        <span class="map-axis" aria-hidden="true" />
        <For each={GRADES}>
          {(size) => (
            <span class="map-axis" aria-hidden="true">
              {size}
            </span>
          )}
        </For>
      </div>
    </section>
  );
}

function Cell(props: {
  size: number;
  complexity: number;
  systems: readonly RankedSystem[];
  chosen: string;
  onChoose: (system: string) => void;
}) {
  const words = () => t().portfolio;
  const shown = () => (props.systems.length > ROOM ? props.systems.slice(0, ROOM - 1) : props.systems);
  return (
    <div
      class="map-cell"
      role="group"
      aria-label={words().cell(props.size, props.complexity, props.systems.length)}
      style={{ '--first': `${(props.size + props.complexity - 2) * 12}%` }}
    >
      <For each={shown()}>
        {(system) => (
          <button
            class="map-mark"
            aria-pressed={props.chosen === system.system}
            aria-label={`${system.rank ?? '-'} ${system.system}`}
            lang={/[가-힣]/.test(system.system) ? 'ko' : undefined}
            data-tip={system.system}
            onClick={() => props.onChoose(props.chosen === system.system ? '' : system.system)}
          >
            <ShapeMark shape={shapeOf(system.scalability?.value ?? 3)} />
            {system.rank ?? '–'}
          </button>
        )}
      </For>
      <Show when={props.systems.length > shown().length}>
        <span class="map-more">{words().moreInCell(props.systems.length - shown().length)}</span>
      </Show>
    </div>
  );
}

function rounded(value: number): number {
  return Math.min(5, Math.max(1, Math.round(value)));
}

function shapeOf(scalability: number): Shape {
  const grade = rounded(scalability);
  return grade <= 2 ? 'poor' : grade === 3 ? 'middling' : 'good';
}

/** Told apart by shape as well as by colour. */
function ShapeMark(props: { shape: Shape }) {
  return (
    <svg width="11" height="11" viewBox="0 0 12 12" aria-hidden="true">
      <Show when={props.shape === 'poor'}>
        <path d="M6 .5 11.7 11.2H.3Z" fill="var(--bad-fill)" />
      </Show>
      <Show when={props.shape === 'middling'}>
        <rect x="1" y="1" width="10" height="10" fill="var(--warn-fill)" />
      </Show>
      <Show when={props.shape === 'good'}>
        <circle cx="6" cy="6" r="5" fill="var(--good-fill)" />
      </Show>
    </svg>
  );
}
