import { createMemo, createSignal, For, Show, type JSX } from 'solid-js';
import { params, setParam } from '../../lib/route';
import './data.css';

export type Tone = 'bad' | 'warn' | 'zero' | undefined;

export interface Column<T> {
  key: string;
  label: string;
  tip?: string;
  /** By what rows are put in order; without it they can't be. Larger first, but for words. */
  by?: (row: T) => string | number;
  /** `number` stands right; `words` break; a `picture` is left out where there is little room; `name` heads the row, and on a phone its card. */
  kind?: 'number' | 'name' | 'words' | 'picture' | 'actions';
  tone?: (row: T) => Tone;
  cell: (row: T) => JSX.Element;
}

export interface Table<T> {
  label: string;
  rows: readonly T[];
  id: (row: T) => string;
  columns: readonly Column<T>[];
  /** `-calls`: the largest first. Without one, rows stay in the order that they came in. */
  usual?: string;
  /** The parameter of the address that keeps the order; without one the order is forgotten with the page. */
  param?: string;
}

/** Rows of anything, in the order that somebody chose; on a phone each is a card. */
export function DataTable<T>(props: Table<T>) {
  const [own, setOwn] = createSignal<string>();
  const order = () => (props.param ? params().get(props.param) : own()) ?? props.usual ?? '';
  const by = () => order().replace(/^-/, '');
  const down = () => order().startsWith('-');
  const rows = createMemo(() => {
    const value = props.columns.find((column) => column.key === by())?.by;
    if (!value) return props.rows;
    const turn = down() ? -1 : 1;
    return [...props.rows].sort((a, b) => turn * compared(value(a), value(b)));
  });
  // Rows keep their place in the page while their figures change, so that neither focus nor selection is lost.
  const byId = createMemo(() => new Map(rows().map((row) => [props.id(row), row])));
  const ids = createMemo(() => [...byId().keys()]);

  const choose = (column: Column<T>) => {
    const first = props.rows[0];
    const words = first !== undefined && typeof column.by?.(first) === 'string';
    const next = by() === column.key ? !down() : !words;
    const text = `${next ? '-' : ''}${column.key}`;
    if (props.param) setParam(props.param, text === props.usual ? undefined : text);
    else setOwn(text);
  };

  return (
    <table class="data" aria-label={props.label}>
      <thead>
        <tr>
          <For each={props.columns}>
            {(column) => (
              <th
                scope="col"
                class={column.kind}
                aria-sort={!column.by ? undefined : by() !== column.key ? 'none' : down() ? 'descending' : 'ascending'}
              >
                <Show when={column.by} fallback={<span data-tip={column.tip}>{column.label}</span>}>
                  <button data-tip={column.tip} onClick={() => choose(column)}>
                    {column.label}
                    <span class="arrow" aria-hidden="true">
                      {by() === column.key ? (down() ? '▾' : '▴') : ''}
                    </span>
                  </button>
                </Show>
              </th>
            )}
          </For>
        </tr>
      </thead>
      <tbody>
        <For each={ids()}>
          {(id) => (
            <tr>
              <For each={props.columns}>{(column) => <Cell column={column} row={byId().get(id)} />}</For>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}

function Cell<T>(props: { column: Column<T>; row: T | undefined }) {
  return (
    <Show when={props.row}>
      {(row) => (
        <Show
          when={props.column.kind === 'name'}
          fallback={
            <td
              class={[props.column.kind, props.column.tone?.(row())].filter(Boolean).join(' ')}
              data-label={props.column.label}
            >
              {props.column.cell(row())}
            </td>
          }
        >
          <th scope="row" class="name">
            {props.column.cell(row())}
          </th>
        </Show>
      )}
    </Show>
  );
}

function compared(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b));
}
