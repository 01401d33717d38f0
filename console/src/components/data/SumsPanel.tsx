import type { JSX } from 'solid-js';
import { asking } from '../../api/asking';
import { tally, tallyCsv, type Sums } from '../../api/manage';
import type { By, Tally, TallyRow } from '../../api/managed';
import { t } from '../../lib/i18n';
import type { Range } from '../../lib/time';
import { AskedPanel } from './AskedPanel';
import { Csv } from './Csv';

/** Calls of a subject added up by what they have in common, to be taken along too. */
export function SumsPanel(props: {
  title: string;
  subject: string;
  by: By;
  range: Range;
  limit: number;
  /** Asked for anew after so many seconds. */
  every: number;
  empty: string;
  children: (rows: () => readonly TallyRow[], all: () => Tally) => JSX.Element;
}) {
  const sums = (): Sums => ({
    subject: props.subject,
    by: [props.by],
    seconds: props.range.seconds,
    limit: props.limit,
  });
  const asked = asking((signal) => tally(sums(), signal), props.every);
  return (
    <AskedPanel
      title={props.title}
      note={t().data.lastOf(t().time.ranges[props.range.key] ?? '')}
      end={
        <div class="end">
          <Csv address={() => tallyCsv(sums())} name={`calls-${props.subject}-by-${props.by}`} />
        </div>
      }
      of={asked}
      rows={(all) => all.rows}
      none={props.empty}
    >
      {props.children}
    </AskedPanel>
  );
}
