/** What is offered: every route of naru.yaml, what holds for its calls, and how it is used. */
import { createMemo, Show } from 'solid-js';
import { asking } from '../api/asking';
import { apis, tally } from '../api/manage';
import type { Api, TallyRow } from '../api/managed';
import { Deprecation, Terms } from '../components/apis/Terms';
import { whoText } from '../components/apis/words';
import { Asked } from '../components/data/Asked';
import { DataTable, type Column } from '../components/data/DataTable';
import { FindField } from '../components/data/FindField';
import { PageHead } from '../components/data/PageHead';
import { failed, toneOf } from '../components/data/TallyPanel';
import { Empty } from '../components/Empty';
import { number, percent, seconds } from '../lib/format';
import { t } from '../lib/i18n';
import { href, params } from '../lib/route';

const HOUR = 3600;

interface Row extends Api {
  calls: TallyRow | undefined;
}

export default function Apis() {
  const listed = asking(apis, 30);
  const calls = asking((signal) => tally({ subject: 'all', by: ['route'], seconds: HOUR, limit: 1000 }, signal), 15);
  const wanted = () => params().get('find')?.toLowerCase() ?? '';
  const rows = createMemo((): Row[] => {
    const byName = new Map((calls.value()?.rows ?? []).map((row) => [row.key[0], row]));
    return (listed.value() ?? [])
      .filter((one) => !one.link)
      .map((one) => ({ ...one, calls: byName.get(one.name) }))
      .filter(
        (one) => !wanted() || [one.match, one.function, ...one.services].join('\n').toLowerCase().includes(wanted()),
      );
  });
  const words = () => t().apis;
  return (
    <>
      <PageHead title={words().title} about={words().about} />
      <section class="panel" aria-label={words().title}>
        <div class="panel-head">
          <FindField hint={words().findHint} />
          <span class="note" role="status">
            {words().count(number(rows().length))}
          </span>
        </div>
        <Asked of={listed}>
          {(all) => (
            <Show
              when={rows().length > 0}
              fallback={
                <Empty
                  text={all().some((one) => !one.link) ? t().data.nothingFound : words().none}
                  detail={all().some((one) => !one.link) ? '' : words().noneHint}
                />
              }
            >
              <DataTable
                label={words().title}
                rows={rows()}
                id={(row) => row.match}
                columns={columns(calls.value() !== undefined)}
                param="sort"
              />
            </Show>
          )}
        </Asked>
      </section>
    </>
  );
}

function columns(counted: boolean): Column<Row>[] {
  const words = t().apis;
  const errors = ({ calls }: Row) => (calls ? failed(calls) / calls.calls : 0);
  return [
    {
      key: 'name',
      label: words.api,
      kind: 'name',
      by: (row) => row.match,
      cell: (row) => (
        <>
          <a class="mono" href={href('api', row.name)}>
            {row.match}
          </a>
          <Deprecation api={row} />
        </>
      ),
    },
    {
      key: 'to',
      label: words.to,
      by: (row) => row.services.join(),
      cell: (row) => row.services.join(', ') || '–',
    },
    { key: 'who', label: words.who, tip: words.whoTip, by: whoText, cell: (row) => whoText(row) },
    { key: 'terms', label: words.terms, tip: words.termsTip, cell: (row) => <Terms api={row} /> },
    {
      key: 'calls',
      label: t().clients.callsHour,
      tip: t().clients.callsHourTip,
      kind: 'number',
      by: (row) => row.calls?.calls ?? 0,
      tone: (row) => (row.calls ? undefined : 'zero'),
      cell: (row) => (row.calls || !counted ? number(row.calls?.calls) : words.unused),
    },
    {
      key: 'errors',
      label: t().figures.errors,
      tip: t().figures.errorsTip,
      kind: 'number',
      by: errors,
      tone: (row) => toneOf(errors(row)),
      cell: (row) => (row.calls ? percent(errors(row)) : '–'),
    },
    {
      key: 'refused',
      label: t().data.refused,
      tip: t().data.refusedTip,
      kind: 'number',
      by: (row) => row.calls?.client_errors ?? 0,
      tone: (row) => (row.calls?.client_errors ? undefined : 'zero'),
      cell: (row) => (row.calls ? number(row.calls.client_errors) : '–'),
    },
    {
      key: 'p95',
      label: t().figures.p95,
      tip: t().figures.p95Tip,
      kind: 'number',
      by: (row) => row.calls?.p95_seconds ?? 0,
      cell: (row) => seconds(row.calls?.p95_seconds),
    },
  ];
}
