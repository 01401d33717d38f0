/** Who calls: every client with its last hour's calls, and how another one is registered. */
import { createMemo, createSignal, Show } from 'solid-js';
import { asking } from '../api/asking';
import { clients } from '../api/manage';
import type { ListedClient, TallyRow } from '../api/managed';
import { may } from '../api/session';
import { AskedTable } from '../components/data/AskedTable';
import { outcome } from '../components/data/columns';
import type { Column } from '../components/data/DataTable';
import { FindField, finds } from '../components/data/FindField';
import { lastHour } from '../components/data/lastHour';
import { PageHead } from '../components/data/PageHead';
import { State } from '../components/data/State';
import { Guarded } from '../components/clients/Guarded';
import { RegisterDialog } from '../components/clients/RegisterDialog';
import { standing } from '../components/clients/words';
import { number } from '../lib/format';
import { t } from '../lib/i18n';
import { href } from '../lib/route';
import { moment } from '../lib/time';

interface Row extends ListedClient {
  calls: TallyRow | undefined;
}

export default function Clients() {
  const listed = asking(clients, 5);
  const calls = lastHour('caller');
  const [registering, setRegistering] = createSignal(false);
  const rows = createMemo((): Row[] =>
    (listed.value() ?? [])
      .map((one) => ({ ...one, calls: calls.of(one.name) }))
      .filter(({ name, client }) => finds([name, client.title, client.owner, ...client.groups, ...client.scopes])),
  );
  const some = () => (listed.value()?.length ?? 0) > 0;
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
        <AskedTable
          of={listed}
          none={some() ? t().data.nothingFound : words().none}
          noneHint={some() ? '' : may('admin') ? words().noneHint : words().noneHintViewer}
          label={words().title}
          rows={rows()}
          id={(row) => row.name}
          columns={columns()}
          usual="-calls"
          param="sort"
        />
      </section>
      <Show when={registering()}>
        <RegisterDialog onClose={() => setRegistering(false)} onDone={listed.again} />
      </Show>
    </>
  );
}

function columns(): Column<Row>[] {
  const words = t().clients;
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
    ...outcome<Row>((row) => row.calls),
    {
      key: 'last',
      label: words.lastCall,
      kind: 'number',
      by: (row) => row.calls?.last ?? 0,
      cell: (row) => (row.calls ? moment(row.calls.last / 1000) : '–'),
    },
  ];
}
