import { createSignal, For, Show } from 'solid-js';
import { makeProof } from '../../api/manage';
import type { ListedClient, MadeProof, ProofKind } from '../../api/managed';
import { t } from '../../lib/i18n';
import { Confirm } from '../subject/Confirm';
import { Row } from './Fields';
import { Once } from './Once';

/** How long the old ones may go on, in seconds; `undefined`: for good. */
const OVERLAPS = { beside: undefined, now: 0, hour: 3600, day: 86_400, week: 604_800, month: 2_592_000 } as const;
type Overlap = keyof typeof OVERLAPS;

/** Makes a key or a secret, beside those there are or in their place. */
export function ProofDialog(props: { client: ListedClient; onClose: () => void; onDone: () => void }) {
  const [kind, setKind] = createSignal<ProofKind>('key');
  const [overlap, setOverlap] = createSignal<Overlap>('week');
  const [made, setMade] = createSignal<MadeProof>();
  const words = () => t().clients;
  const there = () => (kind() === 'key' ? props.client.client.keys : props.client.client.secrets).length;
  const confirm = async () => {
    setMade(await makeProof(props.client.name, kind(), there() > 0 ? OVERLAPS[overlap()] : undefined));
    props.onDone();
  };
  return (
    <Show
      when={made()}
      fallback={
        <Confirm
          title={words().makeTitle(props.client.name)}
          confirm={words().makeDo}
          stays
          onConfirm={confirm}
          onClose={props.onClose}
        >
          <fieldset>
            <legend class="hidden-visually">{words().kind}</legend>
            <For each={['key', 'secret'] as const}>
              {(one) => (
                <label>
                  <input type="radio" name="kind" checked={kind() === one} onChange={() => setKind(one)} />
                  {words().kinds[one]} <span class="muted">{words().kindHints[one]}</span>
                </label>
              )}
            </For>
          </fieldset>
          <Show when={there() > 0}>
            <Row label={words().overlap(there())} hint={words().overlapHint}>
              <select class="field" onChange={(event) => setOverlap(event.currentTarget.value as Overlap)}>
                <For each={Object.keys(OVERLAPS) as Overlap[]}>
                  {(one) => (
                    <option value={one} selected={overlap() === one}>
                      {words().overlaps[one]}
                    </option>
                  )}
                </For>
              </select>
            </Row>
          </Show>
        </Confirm>
      }
    >
      {(proof) => <Once name={props.client.name} kind={kind()} made={proof()} onClose={props.onClose} />}
    </Show>
  );
}
