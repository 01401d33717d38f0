/** Who calls: every client with its last hour's calls, and how another one is registered. */
import { createMemo, createSignal, Show } from 'solid-js';
import { asking } from '../api/asking';
import { clients, tally } from '../api/manage';
import type { ListedClient, TallyRow } from '../api/managed';
import { may } from '../api/session';
import { Asked } from '../components/data/Asked';
import { DataTable, type Column } from '../components/data/DataTable';
import { FindField } from '../components/data/FindField';
import { PageHead } from '../components/data/PageHead';
import { State } from '../components/data/State';
import { failed, toneOf } from '../components/data/TallyPanel';
import { Guarded } from '../components/clients/Guarded';
import { RegisterDialog } from '../components/clients/RegisterDialog';
import { standing } from '../components/clients/words';
import { Empty } from '../components/Empty';
import { number, percent } from '../lib/format';
import { t } from '../lib/i18n';
import { href, params } from '../lib/route';
import { moment } from '../lib/time';

const HOUR = 3600;

interface Row extends ListedClient {
  calls: TallyRow | undefined;
}

export default function Clients() {
  const listed = asking(clients, 5);
  const calls = asking((signal) => tally({ subject: 'all', by: ['caller'], seconds: HOUR, limit: 1000 }, signal), 15);
  const [registering, setRegistering] = createSignal(false);
  const wanted = () => params().get('find')?.toLowerCase() ?? '';
  const rows = createMemo((): Row[] => {
    const byName = new Map((calls.value()?.rows ?? []).map((row) => [row.key[0], row]));
    return (listed.value() ?? [])
      .map((one) => ({ ...one, calls: byName.get(one.name) }))
      .filter((one) => !wanted() || textOf(one).includes(wanted()));
  });
  const words = () => t().clients;

  return (
    <>
      <PageHead title={words().title} about={words().about}>
        <div class="actions">
          <Guarded role="admin" onPress={() => setRegistering(true)}>
            {words().register}
          </Guarded>
        </div>
      </PageHead>
      <section class="panel" aria-label={words().title}>
        <div class="panel-head">
          <FindField hint={words().findHint} />
          <span class="note" role="status">
            {words().count(number(rows().length), number(listed.value()?.length ?? 0))}
          </span>
        </div>
        <Asked of={listed}>
          {(all) => (
            <Show
              when={rows().length > 0}
              fallback={
                <Empty
                  text={all().length > 0 ? t().data.nothingFound : words().none}
                  detail={all().length > 0 ? '' : may('admin') ? words().noneHint : words().noneHintViewer}
                />
              }
            >
              <DataTable
                label={words().title}
                rows={rows()}
                id={(row) => row.name}
                columns={columns()}
                usual="-calls"
                param="sort"
              />
            </Show>
          )}
        </Asked>
      </section>
      <Show when={registering()}>
        <RegisterDialog onClose={() => setRegistering(false)} onDone={listed.again} />
      </Show>
    </>
  );
}

function textOf({ name, client }: Row): string {
  return [name, client.title, client.owner, ...client.groups, ...client.scopes].join('\n').toLowerCase();
}

function columns(): Column<Row>[] {
  const words = t().clients;
  const errors = ({ calls }: Row) => (calls ? failed(calls) / calls.calls : 0);
  return [
    {
      key: 'name',
      label: t().figures.name,
      kind: 'name',
      by: (row) => row.client.title ?? row.name,
      cell: (row) => (
        <>
          <a href={href('client', row.name)}>{row.client.title ?? row.name}</a>
          <Show when={row.client.title}>
            <span class="note mono">{row.name}</span>
          </Show>
        </>
      ),
    },
    {
      key: 'state',
      label: t().figures.state,
      by: (row) => standing(row).word,
      cell: (row) => <State {...standing(row)} />,
    },
    { key: 'owner', label: words.owner, by: (row) => row.client.owner ?? '', cell: (row) => row.client.owner ?? '–' },
    {
      key: 'groups',
      label: words.groups,
      by: (row) => row.client.groups.join(', '),
      cell: (row) => row.client.groups.join(', ') || '–',
    },
    {
      key: 'origin',
      label: words.origin,
      tip: words.originTip,
      by: (row) => words.origins[row.origin],
      cell: (row) => words.origins[row.origin],
    },
    {
      key: 'calls',
      label: words.callsHour,
      tip: words.callsHourTip,
      kind: 'number',
      by: (row) => row.calls?.calls ?? 0,
      tone: (row) => (row.calls ? undefined : 'zero'),
      cell: (row) => number(row.calls?.calls ?? 0),
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
      key: 'last',
      label: words.lastCall,
      kind: 'number',
      by: (row) => row.calls?.last ?? 0,
      cell: (row) => (row.calls ? moment(row.calls.last / 1000) : '–'),
    },
  ];
}
