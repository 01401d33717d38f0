import { Show } from 'solid-js';
import type { By, TallyRow } from '../../api/managed';
import { bytes, number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import type { Range } from '../../lib/time';
import { figure, outcome, p95 } from './columns';
import { DataTable, type Column } from './DataTable';
import { SumsPanel } from './SumsPanel';

/** As many rows as a page shows; the file has up to 1,000. */
const ROWS = 50;

/** Calls of a subject added up by what they have in common, with what came of them. */
export function TallyPanel(props: { title: string; subject: string; by: By; range: Range; empty: string }) {
  return (
    <SumsPanel {...props} limit={ROWS} every={15}>
      {(rows, all) => (
        <>
          <DataTable
            label={props.title}
            rows={rows()}
            id={(row) => row.key.join('\t')}
            columns={columns(props.by)}
            usual="-calls"
          />
          <Show when={all().found > rows().length}>
            <p class="small-empty">{t().data.more(number(all().found - rows().length))}</p>
          </Show>
        </>
      )}
    </SumsPanel>
  );
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
    figure('calls', words.calls, (row) => row.calls, number),
    ...outcome<TallyRow>((row) => row),
    p95((row) => row.p95_seconds),
    {
      ...figure<TallyRow>('bytes', words.bytes, (row) => row.received_bytes + row.sent_bytes, bytes),
      tip: words.bytesTip,
    },
  ];
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
