import { createSignal, Show } from 'solid-js';
import { endProof } from '../../api/manage';
import { serverNow } from '../../api/clock';
import type { ListedClient, Proof, ProofKind } from '../../api/managed';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { moment } from '../../lib/time';
import { DataTable, type Column } from '../data/DataTable';
import { State } from '../data/State';
import { Confirm } from '../subject/Confirm';
import { Guarded } from './Guarded';
import { ProofDialog } from './ProofDialog';

interface Row extends Proof {
  kind: ProofKind;
}

/** By which keys and secrets a client proves itself, and how they are made, rotated and ended. */
export function ProofsPanel(props: { client: ListedClient; onChanged: () => void }) {
  const [making, setMaking] = createSignal(false);
  const [ending, setEnding] = createSignal<Row>();
  const words = () => t().clients;
  const never = () => (props.client.origin === 'file' ? words().ofFile : undefined);
  const rows = (): Row[] => [
    ...props.client.client.keys.map((proof): Row => ({ ...proof, kind: 'key' })),
    ...props.client.client.secrets.map((proof): Row => ({ ...proof, kind: 'secret' })),
  ];
  return (
    <section class="panel" aria-label={words().proofs}>
      <div class="panel-head">
        <h2>{words().proofs}</h2>
        <div class="end">
          <Guarded role="admin" never={never()} onPress={() => setMaking(true)}>
            {words().make}
          </Guarded>
        </div>
      </div>
      <Show when={rows().length > 0} fallback={<p class="small-empty">{words().noProofs}</p>}>
        <DataTable
          label={words().proofs}
          rows={rows()}
          id={(row) => `${row.kind} ${row.sha256}`}
          columns={columns(never(), setEnding)}
        />
      </Show>
      <Show when={making()}>
        <ProofDialog client={props.client} onClose={() => setMaking(false)} onDone={props.onChanged} />
      </Show>
      <Show when={ending()} keyed>
        {(proof) => (
          <Confirm
            title={words().endTitle[proof.kind]}
            confirm={words().end}
            onConfirm={async () => {
              await endProof(props.client.name, proof.kind, proof.sha256);
              notify({ severity: 'info', text: words().ended[proof.kind](props.client.name) });
              props.onChanged();
            }}
            onClose={() => setEnding(undefined)}
          >
            <p>{words().endWill(proof.sha256)}</p>
          </Confirm>
        )}
      </Show>
    </section>
  );
}

function columns(never: string | undefined, end: (row: Row) => void): Column<Row>[] {
  const words = t().clients;
  return [
    {
      key: 'kind',
      label: words.kind,
      kind: 'name',
      cell: (row) => words.kinds[row.kind],
    },
    { key: 'sha256', label: 'SHA-256', tip: words.sha256Tip, cell: (row) => <span class="mono">{row.sha256}…</span> },
    {
      key: 'until',
      label: words.until,
      cell: (row) => (
        <Show when={row.until} fallback={words.withoutEnd}>
          {(until) => (
            <Show
              when={until() / 1e6 > serverNow()}
              fallback={<span class="muted">{words.endedAt(moment(until() / 1000))}</span>}
            >
              <State level="busy" word={words.endsAt(moment(until() / 1000))} />
            </Show>
          )}
        </Show>
      ),
    },
    {
      key: 'actions',
      label: words.change,
      kind: 'actions',
      cell: (row) => (
        <Guarded
          role="admin"
          plain
          never={never}
          label={`${words.kinds[row.kind]} ${row.sha256} ${words.end}`}
          onPress={() => end(row)}
        >
          {words.end}
        </Guarded>
      ),
    },
  ];
}
