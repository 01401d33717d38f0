import { asking } from '../../api/asking';
import { tally } from '../../api/manage';
import type { TallyRow } from '../../api/managed';
import { bytes, number, percent, seconds } from '../../lib/format';
import { errorsTone } from '../../lib/health';
import { t } from '../../lib/i18n';
import type { Range } from '../../lib/time';
import { Figure } from '../Figure';
import { failed } from './columns';
import { clock, day } from '../../lib/time';

/** All calls of a subject in one line of figures. */
export function SumsLine(props: { subject: string; range: Range }) {
  const asked = asking(
    (signal) => tally({ subject: props.subject, by: ['method'], seconds: props.range.seconds, limit: 100 }, signal),
    5,
  );
  const rows = () => asked.value()?.rows ?? [];
  const sum = (of: (row: TallyRow) => number) => rows().reduce((total, row) => total + of(row), 0);
  const calls = () => sum((row) => row.calls);
  const errors = () => (calls() > 0 ? sum(failed) / calls() : 0);
  const mean = () => (calls() > 0 ? sum((row) => row.mean_seconds * row.calls) / calls() : undefined);
  const most = (of: (row: TallyRow) => number) => (calls() > 0 ? Math.max(...rows().map(of)) : undefined);
  const none = () => asked.value() === undefined;
  const words = () => t().data;
  const last = () => most((row) => row.last);
  return (
    <section class="figures sums panel" aria-label={words().sums}>
      <Figure
        label={words().callsIn(t().time.ranges[props.range.key] ?? '')}
        tip={words().callsTip}
        value={none() ? '–' : number(calls())}
      />
      <Figure
        label={t().figures.errors}
        tip={t().figures.errorsTip}
        value={calls() > 0 ? percent(errors()) : '–'}
        tone={errorsTone(errors())}
      />
      <Figure
        label={words().refused}
        tip={words().refusedTip}
        value={none() ? '–' : number(sum((row) => row.client_errors))}
      />
      <Figure label={t().figures.mean} tip={t().figures.responseTip} value={seconds(mean())} />
      <Figure label={words().slowest} tip={words().slowestTip} value={seconds(most((row) => row.slowest_seconds))} />
      <Figure
        label={words().bytes}
        tip={words().bytesTip}
        value={none() ? '–' : bytes(sum((row) => row.received_bytes + row.sent_bytes))}
      />
      <Figure
        label={words().lastCall}
        tip={words().lastCallTip}
        value={last() ? clock(last()! / 1000) : '–'}
        unit={last() ? day(last()! / 1000) : ''}
      />
    </section>
  );
}
