import { createMemo, For, Show } from 'solid-js';
import { asking } from '../../api/asking';
import { tally, tallyCsv, type Sums } from '../../api/manage';
import type { TallyRow } from '../../api/managed';
import { number, percent } from '../../lib/format';
import { t } from '../../lib/i18n';
import type { Range } from '../../lib/time';
import { Asked } from './Asked';
import { Csv } from './Csv';
import { failed } from './TallyPanel';

/** At which hours of the day a subject is called, on the clock of whoever looks. */
export function Hours(props: { title: string; subject: string; range: Range; empty: string }) {
  const sums = (): Sums => ({ subject: props.subject, by: ['hour'], seconds: props.range.seconds, limit: 24 });
  const asked = asking((signal) => tally(sums(), signal), 60);
  return (
    <section class="panel" aria-label={props.title}>
      <div class="panel-head">
        <h2>{props.title}</h2>
        <span class="note">{t().data.lastOf(t().time.ranges[props.range.key] ?? '')}</span>
        <div class="end">
          <Csv address={() => tallyCsv(sums())} name={`calls-${props.subject}-by-hour`} />
        </div>
      </div>
      <Asked of={asked}>
        {(found) => (
          <Show when={found().rows.length > 0} fallback={<p class="small-empty">{props.empty}</p>}>
            <Bars rows={found().rows} />
          </Show>
        )}
      </Asked>
    </section>
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
