import { Show } from 'solid-js';
import { asking } from '../../api/asking';
import { tally, tallyCsv, type Sums } from '../../api/manage';
import type { By, TallyRow } from '../../api/managed';
import { bytes, number, percent, seconds } from '../../lib/format';
import { errorsTone } from '../../lib/health';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import type { Range } from '../../lib/time';
import { Asked } from './Asked';
import { Csv } from './Csv';
import { DataTable, type Column } from './DataTable';

/** As many rows as a page shows; the file has up to 1,000. */
const ROWS = 50;

/** Calls of a subject added up by what they have in common, with what came of them. */
export function TallyPanel(props: { title: string; subject: string; by: By; range: Range; empty: string }) {
  const sums = (): Sums => ({ subject: props.subject, by: [props.by], seconds: props.range.seconds, limit: ROWS });
  const asked = asking((signal) => tally(sums(), signal), 15);
  return (
    <section class="panel" aria-label={props.title}>
      <div class="panel-head">
        <h2>{props.title}</h2>
        <span class="note">{t().data.lastOf(t().time.ranges[props.range.key] ?? '')}</span>
        <div class="end">
          <Csv address={() => tallyCsv(sums())} name={`calls-${props.subject}-by-${props.by}`} />
        </div>
      </div>
      <Asked of={asked}>
        {(found) => (
          <Show when={found().rows.length > 0} fallback={<p class="small-empty">{props.empty}</p>}>
            <DataTable
              label={props.title}
              rows={found().rows}
              id={(row) => row.key.join('\t')}
              columns={columns(props.by)}
              usual="-calls"
            />
            <Show when={found().found > found().rows.length}>
              <p class="small-empty">{t().data.more(number(found().found - found().rows.length))}</p>
            </Show>
          </Show>
        )}
      </Asked>
    </section>
  );
}

export function failed(row: TallyRow): number {
  return row.service_errors + row.platform_errors;
}

function columns(by: By): Column<TallyRow>[] {
  const words = t().data;
  const first: Column<TallyRow> = {
    key: 'key',
    label: words.by[by],
    kind: 'name',
    by: (row) => row.key[0] ?? '',
    cell: (row) => <Named by={by} name={row.key[0] ?? ''} />,
  };
  return [
    first,
    { key: 'calls', label: words.calls, kind: 'number', by: (row) => row.calls, cell: (row) => number(row.calls) },
    {
      key: 'errors',
      label: t().figures.errors,
      tip: t().figures.errorsTip,
      kind: 'number',
      by: (row) => failed(row) / row.calls,
      tone: (row) => toneOf(failed(row) / row.calls),
      cell: (row) => percent(failed(row) / row.calls),
    },
    {
      key: 'refused',
      label: words.refused,
      tip: words.refusedTip,
      kind: 'number',
      by: (row) => row.client_errors,
      tone: (row) => (row.client_errors === 0 ? 'zero' : undefined),
      cell: (row) => number(row.client_errors),
    },
    {
      key: 'p95',
      label: t().figures.p95,
      tip: t().figures.p95Tip,
      kind: 'number',
      by: (row) => row.p95_seconds,
      cell: (row) => seconds(row.p95_seconds),
    },
    {
      key: 'bytes',
      label: words.bytes,
      tip: words.bytesTip,
      kind: 'number',
      by: (row) => row.received_bytes + row.sent_bytes,
      cell: (row) => bytes(row.received_bytes + row.sent_bytes),
    },
  ];
}

export function toneOf(errors: number): 'bad' | 'warn' | 'zero' | undefined {
  return errorsTone(errors) ?? (errors === 0 ? 'zero' : undefined);
}

/** Leads to the page of what has one. */
export function Named(props: { by: By; name: string }) {
  const page = (): 'client' | 'api' | undefined =>
    props.by === 'caller' ? 'client' : props.by === 'route' ? 'api' : undefined;
  return (
    <Show when={props.name} fallback={<span class="muted">{t().data.nobody[props.by] ?? '–'}</span>}>
      <Show when={page()} fallback={<span class="mono">{props.name}</span>}>
        {(to) => <a href={href(to(), props.name)}>{props.name}</a>}
      </Show>
    </Show>
  );
}
