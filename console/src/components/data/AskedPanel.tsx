import { createMemo, Show, type JSX } from 'solid-js';
import type { Asked as Answer } from '../../api/asking';
import { Asked } from './Asked';

/** One question and its answer, which is a list that may be empty. */
export function AskedPanel<T, Row>(props: {
  title: string;
  note: string;
  /** At the end of its head. */
  end?: JSX.Element;
  of: Answer<T>;
  rows: (all: T) => readonly Row[];
  none: string;
  children: (rows: () => readonly Row[], all: () => T) => JSX.Element;
}) {
  return (
    <section class="panel" aria-label={props.title}>
      <div class="panel-head">
        <h2>{props.title}</h2>
        <span class="note">{props.note}</span>
        {props.end}
      </div>
      <Asked of={props.of}>
        {(all) => {
          const rows = createMemo(() => props.rows(all()));
          return (
            <Show when={rows().length > 0} fallback={<p class="small-empty">{props.none}</p>}>
              {props.children(rows, all)}
            </Show>
          );
        }}
      </Asked>
    </section>
  );
}
