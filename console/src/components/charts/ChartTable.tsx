import { createMemo, For } from 'solid-js';
import type { Point } from '../../api/types';
import { NONE } from '../../lib/format';
import { t } from '../../lib/i18n';
import { moment } from '../../lib/time';
import { PlainTable } from '../data/PlainTable';
import type { Definition } from './figures';

/** As many rows as a person reads; a longer range has rows further apart. */
const ROWS = 60;

/** The numbers of the charts, the latest first. */
export function ChartTable(props: { label: string; definitions: readonly Definition[]; points: readonly Point[] }) {
  const columns = createMemo(() =>
    props.definitions.flatMap((definition) =>
      definition.lines.map((line) => ({
        name: definition.lines.length > 1 ? `${definition.title}: ${line.label}` : definition.title,
        text: (point: Point) => {
          const value = line.of(point);
          return value === null ? NONE : definition.format(value);
        },
      })),
    ),
  );
  const rows = createMemo(() => {
    const every = Math.max(1, Math.ceil(props.points.length / ROWS));
    return props.points.filter((_, at) => (props.points.length - 1 - at) % every === 0).toReversed();
  });
  return (
    <div class="chart-table" tabindex="0" role="region" aria-label={props.label}>
      <PlainTable head={[t().subject.timeColumn, ...columns().map(({ name }) => name)]}>
        <For each={rows()}>
          {(point) => (
            <tr>
              <th scope="row">{moment(point.at * 1000)}</th>
              <For each={columns()}>{(column) => <td>{column.text(point)}</td>}</For>
            </tr>
          )}
        </For>
      </PlainTable>
    </div>
  );
}
