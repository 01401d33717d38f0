import { createMemo, For } from 'solid-js';
import type { TallyRow } from '../../api/managed';
import { number, percent } from '../../lib/format';
import { t } from '../../lib/i18n';
import type { Range } from '../../lib/time';
import { failed } from './columns';
import { SumsPanel } from './SumsPanel';

/** At which hours of the day a subject is called, on the clock of whoever looks. */
export function Hours(props: { title: string; subject: string; range: Range; empty: string }) {
  return (
    <SumsPanel {...props} by="hour" limit={24} every={60}>
      {(rows) => <Bars rows={rows()} />}
    </SumsPanel>
  );
}

function Bars(props: { rows: readonly TallyRow[] }) {
  const hours = createMemo(() => {
    const all = Array.from({ length: 24 }, (_, hour) => ({ hour, calls: 0, errors: 0 }));
    for (const row of props.rows) {
      const into = all[local(Number(row.key[0]))];
      if (!into) continue;
      into.calls += row.calls;
      into.errors += failed(row);
    }
    return all;
  });
  const most = () => Math.max(1, ...hours().map(({ calls }) => calls));
  const share = (n: number) => `${(n / most()) * 100}%`;
  return (
    <ol class="hours">
      <For each={hours()}>
        {({ hour, calls, errors }) => {
          const said = t().data.hour(hour, number(calls), percent(calls > 0 ? errors / calls : 0));
          return (
            <li data-tip={said}>
              <span class="hidden-visually">{said}</span>
              <span class="stack" aria-hidden="true">
                <span class="failed" style={{ height: share(errors) }} />
                <span class="all" style={{ height: share(calls - errors) }} />
              </span>
              <span class="at" aria-hidden="true">
                {hour % 3 === 0 ? hour : '\u00A0'}
              </span>
            </li>
          );
        }}
      </For>
    </ol>
  );
}

/** An hour of UTC on this browser's clock. */
function local(hour: number): number {
  return new Date(new Date().setUTCHours(hour)).getHours();
}
