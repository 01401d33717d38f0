/** Reports on service levels: every day, week and month, one of them opened, taken along and sent. */
import { createMemo, createSignal, For, Show } from 'solid-js';
import { channels } from '../api/alerts';
import { asking } from '../api/asking';
import { serverNow } from '../api/clock';
import { status } from '../api/live';
import {
  KINDS,
  reportAt,
  reports,
  sendReport,
  type ListedReport,
  type OneReport,
  type ReportFormat,
  type ReportKind,
} from '../api/reports';
import { Tabs } from '../components/assess/Tabs';
import { Choices } from '../components/Choices';
import { Guarded } from '../components/clients/Guarded';
import { Row } from '../components/clients/Fields';
import { AskedTable } from '../components/data/AskedTable';
import { figure } from '../components/data/columns';
import { Crumb } from '../components/data/Crumb';
import type { Column } from '../components/data/DataTable';
import { Heading } from '../components/data/Heading';
import { PageHead } from '../components/data/PageHead';
import { State } from '../components/data/State';
import { Empty } from '../components/Empty';
import { Confirm } from '../components/subject/Confirm';
import type { Level } from '../lib/health';
import { number } from '../lib/format';
import { language, t, titled } from '../lib/i18n';
import { notify } from '../lib/notice';
import { href, params, route, setParam } from '../lib/route';
import { moment } from '../lib/time';
import '../components/data/data.css';
import '../components/assess/assess.css';
import '../components/reports/reports.css';

const FORMATS: readonly ReportFormat[] = ['pdf', 'html', 'docx'];
const LEVELS: Record<ListedReport['result'], Level> = {
  met: 'good',
  missed: 'bad',
  'no-goal': 'busy',
  'no-data': 'warn',
};
/** Beside channels: each function's owner gets that of the function. */
const OWNERS = 'owners';

export default function Reports() {
  const words = () => t().reports;
  const listed = asking(reports, 60);
  return (
    <>
      <Tabs />
      <Show when={opened()} fallback={<List listed={listed} />}>
        {(one) => <Opened one={one()} found={listed.value()?.reports.find((each) => isSame(each, one()))} />}
      </Show>
      <Show when={route().name && !opened()}>
        <Empty text={words().noSuch} />
      </Show>
    </>
  );
}

/** The one that the address names: `daily/2026-11-20`. */
function opened(): OneReport | undefined {
  const match = /^(daily|weekly|monthly)\/(\d{4}-\d\d-\d\d)$/.exec(route().name);
  return match ? { kind: match[1] as ReportKind, date: match[2]! } : undefined;
}

/** Why a period is not whole. */
function standing(report: ListedReport): string {
  return report.to > serverNow() ? t().reports.going : t().reports.partly;
}

function isSame(a: OneReport, b: OneReport): boolean {
  return a.kind === b.kind && a.date === b.date;
}

function List(props: { listed: ReturnType<typeof asking<{ reports: ListedReport[] }>> }) {
  const words = () => t().reports;
  const kind = () => (params().get('kind') ?? 'all') as ReportKind | 'all';
  const rows = createMemo(() =>
    (props.listed.value()?.reports ?? []).filter((one) => kind() === 'all' || one.kind === kind()),
  );
  return (
    <>
      <PageHead title={words().title} about={words().about} />
      <section class="panel" aria-label={words().title}>
        <div class="panel-head">
          <Choices
            label={words().kind}
            options={(['all', ...KINDS] as const).map((value) => ({ value, label: words().kinds[value] }))}
            value={kind()}
            onChoose={(value) => setParam('kind', value === 'all' ? undefined : value)}
          />
        </div>
        <AskedTable
          of={props.listed}
          none={words().none}
          noneHint={words().noneHint}
          label={words().title}
          rows={rows()}
          id={(row) => `${row.kind}/${row.date}`}
          columns={columns()}
          param="sort"
        />
      </section>
    </>
  );
}

function columns(): Column<ListedReport>[] {
  const words = t().reports;
  return [
    {
      key: 'date',
      label: words.period,
      kind: 'name',
      by: (row) => row.date,
      cell: (row) => (
        <>
          <a href={href('reports', `${row.kind}/${row.date}`)}>{words.periodOf(row.kind, row.date)}</a>
          <Show when={!row.complete}>
            <span class="note">{standing(row)}</span>
          </Show>
        </>
      ),
    },
    { key: 'kind', label: words.kind, by: (row) => KINDS.indexOf(row.kind), cell: (row) => words.kinds[row.kind] },
    {
      key: 'result',
      label: words.result,
      by: (row) => words.results[row.result],
      cell: (row) => <State level={LEVELS[row.result]} word={words.results[row.result]} />,
    },
    {
      key: 'availability',
      label: words.availability,
      tip: words.availabilityTip,
      kind: 'number',
      by: (row) => row.availability ?? -1,
      cell: (row) => (row.availability === null ? '–' : `${number(row.availability * 100, 3)}%`),
    },
    {
      key: 'apdex',
      label: 'Apdex',
      kind: 'number',
      by: (row) => row.apdex ?? -1,
      cell: (row) => number(row.apdex, 2),
    },
    figure('requests', words.requests, (row) => row.requests, number),
    {
      key: 'sent',
      label: words.sent,
      by: (row) => row.sent.length,
      cell: (row) => <Sent report={row} />,
    },
  ];
}

function Sent(props: { report: ListedReport }) {
  const words = () => t().reports;
  return (
    <Show when={props.report.sent.length > 0} fallback={<span class="muted">{words().notSent}</span>}>
      <span
        data-tip={props.report.sent
          .map(({ to, at, state }) => `${to} · ${moment(at / 1000)} · ${words().states[state]}`)
          .join('\n')}
      >
        {[...new Set(props.report.sent.map(({ to }) => to))].join(', ')}
      </span>
    </Show>
  );
}

function Opened(props: { one: OneReport; found: ListedReport | undefined }) {
  const words = () => t().reports;
  const of = () => params().get('of') ?? 'all';
  const [sending, setSending] = createSignal(false);
  const title = () => `${words().kinds[props.one.kind]} ${words().periodOf(props.one.kind, props.one.date)}`;
  return (
    <>
      <Heading
        crumb={<Crumb to={href('reports')} from={words().title} here={title()} />}
        title={title()}
        actions={
          <div class="actions">
            <SubjectOf value={of()} />
            <For each={FORMATS}>
              {(format) => (
                <a
                  class="button"
                  href={reportAt(props.one, of(), format, language())}
                  download={`naru-${props.one.kind}-${props.one.date}.${format}`}
                  aria-label={words().take(format.toUpperCase())}
                >
                  {format.toUpperCase()}
                </a>
              )}
            </For>
            <Guarded role="operator" onPress={() => setSending(true)}>
              {words().send}
            </Guarded>
          </div>
        }
      >
        <Show when={props.found}>
          {(found) => (
            <>
              <State pill level={LEVELS[found().result]} word={words().results[found().result]} />
              <div class="facts">
                <Show when={!found().complete}>
                  <span>{standing(found())}</span>
                </Show>
                <span>
                  {words().sent}: <Sent report={found()} />
                </span>
              </div>
            </>
          )}
        </Show>
      </Heading>
      <iframe class="report-frame" title={title()} sandbox="" src={reportAt(props.one, of(), 'html', language())} />
      <Show when={sending()}>
        <SendDialog one={props.one} title={title()} onClose={() => setSending(false)} />
      </Show>
    </>
  );
}

/** Of everything, or of one function or service. */
function SubjectOf(props: { value: string }) {
  const words = () => t().reports;
  const option = (value: string, label: string) => (
    <option value={value} selected={props.value === value}>
      {label}
    </option>
  );
  return (
    <label class="tm-field">
      <span>{t().tmap.subject}</span>
      <select
        class="field"
        onChange={(event) =>
          setParam('of', event.currentTarget.value === 'all' ? undefined : event.currentTarget.value)
        }
      >
        {option('all', words().everything)}
        <optgroup label={t().tmap.functions}>
          <For each={status()?.functions}>{(one) => option(`function:${one.name}`, titled(one.title, one.name))}</For>
        </optgroup>
        <optgroup label={t().tmap.services}>
          <For each={status()?.services}>{(one) => option(`service:${one.name}`, one.name)}</For>
        </optgroup>
      </select>
    </label>
  );
}

function SendDialog(props: { one: OneReport; title: string; onClose: () => void }) {
  const words = () => t().reports;
  const known = asking(channels, 60);
  const [to, setTo] = createSignal('');
  const options = () => [
    ...(known.value() ?? []).map(({ name, to }) => ({ value: name, label: `${name} (${to})` })),
    { value: OWNERS, label: words().owners },
  ];
  const confirm = async () => {
    await sendReport(props.one, to());
    notify({ severity: 'info', text: words().onItsWay(to()) });
  };
  return (
    <Confirm
      title={words().sendTitle(props.title)}
      confirm={words().sendDo}
      wrong={to() === '' ? words().chooseChannel : undefined}
      onConfirm={confirm}
      onClose={props.onClose}
    >
      <p>{words().sendWill}</p>
      <Row label={words().channel}>
        <select class="field" data-autofocus onChange={(event) => setTo(event.currentTarget.value)}>
          <option value="" selected={to() === ''}>
            {words().chooseChannel}
          </option>
          <For each={options()}>
            {(option) => (
              <option value={option.value} selected={to() === option.value}>
                {option.label}
              </option>
            )}
          </For>
        </select>
      </Row>
    </Confirm>
  );
}
