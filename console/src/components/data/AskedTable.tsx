import { Show } from 'solid-js';
import type { Asked as Answer } from '../../api/asking';
import { Empty } from '../Empty';
import { Asked } from './Asked';
import { DataTable, type Table } from './DataTable';

/** Rows that were asked for; why there are none, and what would bring some. */
export function AskedTable<T>(props: Table<T> & { of: Answer<unknown>; none: string; noneHint: string }) {
  return (
    <Asked of={props.of}>
      {() => (
        <Show when={props.rows.length > 0} fallback={<Empty text={props.none} detail={props.noneHint} />}>
          <DataTable {...props} />
        </Show>
      )}
    </Asked>
  );
}
