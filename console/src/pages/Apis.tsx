/** What is offered: every route of naru.yaml, what holds for its calls, and how it is used. */
import { createMemo } from 'solid-js';
import { asking } from '../api/asking';
import { apis } from '../api/manage';
import type { Api, TallyRow } from '../api/managed';
import { Deprecation, Terms } from '../components/apis/Terms';
import { whoText } from '../components/apis/words';
import { AskedTable } from '../components/data/AskedTable';
import { outcome, p95 } from '../components/data/columns';
import type { Column } from '../components/data/DataTable';
import { FindField, finds } from '../components/data/FindField';
import { lastHour } from '../components/data/lastHour';
import { PageHead } from '../components/data/PageHead';
import { number } from '../lib/format';
import { t } from '../lib/i18n';
import { href } from '../lib/route';

interface Row extends Api {
  calls: TallyRow | undefined;
}

export default function Apis() {
  const listed = asking(apis, 30);
  const calls = lastHour('route');
  const rows = createMemo((): Row[] =>
    (listed.value() ?? [])
      .filter((one) => !one.link)
      .map((one) => ({ ...one, calls: calls.of(one.name) }))
      .filter((one) => finds([one.match, one.function, ...one.services])),
  );
  const some = () => listed.value()?.some((one) => !one.link);
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
        <AskedTable
          of={listed}
          none={some() ? t().data.nothingFound : words().none}
          noneHint={some() ? '' : words().noneHint}
          label={words().title}
          rows={rows()}
          id={(row) => row.match}
          columns={columns(calls.counted())}
          param="sort"
        />
      </section>
    </>
  );
}

function columns(counted: boolean): Column<Row>[] {
  const words = t().apis;
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
    ...outcome<Row>((row) => row.calls),
    p95((row) => row.calls?.p95_seconds),
  ];
}
