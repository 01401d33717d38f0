/** What stands out among the calls: who moved, who is new or unlike itself, what fails, what is slow, what nobody uses. */
import { createMemo } from 'solid-js';
import { asking, type Asked as Answer } from '../api/asking';
import { calls, callsCsv } from '../api/manage';
import type { CallsReport, Mover } from '../api/managed';
import { Choices } from '../components/Choices';
import { comparedText, movedText, unusualText } from '../components/calls/words';
import { AskedPanel } from '../components/data/AskedPanel';
import { figure, p95, toneOf } from '../components/data/columns';
import { Csv } from '../components/data/Csv';
import { DataTable, type Column } from '../components/data/DataTable';
import { PageHead } from '../components/data/PageHead';
import { Named, TallyPanel } from '../components/data/TallyPanel';
import { number, percent } from '../lib/format';
import { t } from '../lib/i18n';
import { params, setParam } from '../lib/route';
import { moment, RANGES } from '../lib/time';

/** A shorter stretch has too few calls to be compared. */
const CHOICES = RANGES.filter(({ seconds: length }) => length >= 3600);

export default function Calls() {
  const range = createMemo(() => CHOICES.find(({ key }) => key === params().get('range')) ?? CHOICES[0]!);
  const report = asking((signal) => calls(range().seconds, signal), 30);
  const words = () => t().calls;
  return (
    <>
      <PageHead title={words().title} about={words().about}>
        <div class="title-row">
          <Choices
            label={t().time.range}
            options={CHOICES.map(({ key }) => ({ value: key, label: t().time.ranges[key] ?? key }))}
            value={range().key}
            onChoose={(key) => setParam('range', key)}
          />
          <Csv address={() => callsCsv(range().seconds)} name={`calls-${range().key}`} />
        </div>
      </PageHead>
      <div class="beside">
        <AskedPanel
          of={report}
          title={words().unusual}
          note={words().unusualNote}
          rows={(all) => all.unusual}
          none={words().noUnusual}
        >
          {(rows) => (
            <DataTable
              label={words().unusual}
              rows={rows()}
              id={(row) => `${row.caller} ${row.what}`}
              columns={unusual()}
            />
          )}
        </AskedPanel>
        <AskedPanel
          of={report}
          title={words().spots}
          note={words().spotsNote}
          rows={(all) => all.error_spots}
          none={words().noSpots}
        >
          {(rows) => (
            <DataTable
              label={words().spots}
              rows={rows()}
              id={(row) => `${row.route}\t${row.caller ?? ''}`}
              columns={spots()}
            />
          )}
        </AskedPanel>
        <Movers report={report} kind="caller" />
        <Movers report={report} kind="route" />
        <AskedPanel
          of={report}
          title={words().fresh}
          note={words().freshNote}
          rows={(all) => all.new_callers}
          none={words().noFresh}
        >
          {(rows) => <DataTable label={words().fresh} rows={rows()} id={(row) => row.caller} columns={fresh()} />}
        </AskedPanel>
        <AskedPanel
          of={report}
          title={words().slowest}
          note={words().slowestNote}
          rows={(all) => all.slowest}
          none={words().noCalls}
        >
          {(rows) => <DataTable label={words().slowest} rows={rows()} id={(row) => row.route} columns={slowest()} />}
        </AskedPanel>
        <AskedPanel
          of={report}
          title={words().unused}
          note={words().unusedNote}
          rows={(all) => all.unused_routes}
          none={words().noUnused}
        >
          {(rows) => <DataTable label={words().unused} rows={rows()} id={(row) => row.route} columns={unused()} />}
        </AskedPanel>
        <TallyPanel title={words().addresses} subject="all" by="address" range={range()} empty={words().noCalls} />
      </div>
    </>
  );
}

function Movers(props: { report: Answer<CallsReport>; kind: Mover['kind'] }) {
  const title = () => t().calls.movers[props.kind];
  return (
    <AskedPanel
      of={props.report}
      title={title()}
      note={props.report.value() ? comparedText(props.report.value()!) : ''}
      rows={(all) => all.movers.filter((one) => one.kind === props.kind)}
      none={props.report.value()?.before_from == null ? t().calls.noBefore : t().calls.noMovers}
    >
      {(rows) => <DataTable label={title()} rows={rows()} id={(row) => row.name} columns={movers(props.kind)} />}
    </AskedPanel>
  );
}

function count<T extends { requests: number }>(): Column<T> {
  return figure('requests', t().data.calls, (row) => row.requests, number);
}

function named<T>(by: 'caller' | 'route', name: (row: T) => string | null): Column<T> {
  return {
    key: by,
    label: t().data.by[by],
    kind: 'name',
    by: (row) => name(row) ?? '',
    cell: (row) => <Named by={by} name={name(row) ?? ''} />,
  };
}

function movers(kind: Mover['kind']): Column<Mover>[] {
  return [
    named(kind, (row) => row.name),
    count(),
    figure('before', t().calls.before, (row) => row.before, number),
    {
      key: 'change',
      label: t().calls.change,
      kind: 'number',
      by: (row) => Math.abs(row.requests - row.before),
      cell: (row) => <b>{movedText(row)}</b>,
    },
  ];
}

function spots(): Column<CallsReport['error_spots'][number]>[] {
  return [
    named('route', (row) => row.route),
    {
      key: 'caller',
      label: t().data.by.caller,
      by: (row) => row.caller ?? '',
      cell: (row) => <Named by="caller" name={row.caller ?? ''} />,
    },
    count(),
    figure('errors', t().data.errors, (row) => row.errors, number),
    {
      key: 'ratio',
      label: t().figures.errors,
      kind: 'number',
      by: (row) => row.errors / row.requests,
      tone: (row) => toneOf(row.errors / row.requests),
      cell: (row) => percent(row.errors / row.requests),
    },
  ];
}

function unusual(): Column<CallsReport['unusual'][number]>[] {
  return [named('caller', (row) => row.caller), { key: 'why', label: t().calls.why, kind: 'words', cell: unusualText }];
}

function fresh(): Column<CallsReport['new_callers'][number]>[] {
  return [
    named('caller', (row) => row.caller),
    {
      key: 'first',
      label: t().calls.first,
      by: (row) => row.first_at,
      cell: (row) => moment(row.first_at / 1000),
    },
    count(),
  ];
}

function slowest(): Column<CallsReport['slowest'][number]>[] {
  return [named('route', (row) => row.route), count(), p95((row) => row.p95_seconds)];
}

function unused(): Column<CallsReport['unused_routes'][number]>[] {
  return [
    named('route', (row) => row.route),
    {
      key: 'last',
      label: t().calls.last,
      kind: 'number',
      by: (row) => row.last_at ?? 0,
      cell: (row) => (row.last_at === null ? t().calls.never : moment(row.last_at / 1000)),
    },
  ];
}
