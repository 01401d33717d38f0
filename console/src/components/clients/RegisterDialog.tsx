import { createSignal, For, Show } from 'solid-js';
import { createStore } from 'solid-js/store';
import { change, makeProof, register } from '../../api/manage';
import type { ListedClient, MadeProof, ProofKind } from '../../api/managed';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { go, href } from '../../lib/route';
import { Confirm } from '../subject/Confirm';
import { draftOf, isName, NOTHING, specOf, wrongAmount, type Draft } from './draft';
import { Fields, Row } from './Fields';
import { Once } from './Once';

/** What a new client gets at once to prove itself by. */
type First = ProofKind | 'none';
const FIRSTS: readonly First[] = ['key', 'secret', 'none'];

/** Registers a client, and shows its first key. */
export function RegisterDialog(props: { onClose: () => void; onDone: () => void }) {
  const [draft, set] = createStore<Draft>(draftOf(NOTHING));
  const [name, setName] = createSignal('');
  const [first, setFirst] = createSignal<First>('key');
  const [made, setMade] = createSignal<MadeProof>();
  const words = () => t().clients;
  const wrong = () => (name() !== '' && !isName(name()) ? words().wrongName : amountWrong(draft));
  const confirm = async () => {
    const kind = first();
    await register(name(), specOf(draft, NOTHING));
    props.onDone();
    notify({ severity: 'info', text: words().registered(name()) });
    if (kind !== 'none') setMade(await makeProof(name(), kind, undefined));
    else done();
  };
  const done = () => {
    props.onClose();
    go(href('client', name()));
  };
  return (
    <Show
      when={made()}
      fallback={
        <Confirm
          title={words().register}
          confirm={words().registerDo}
          wide
          wrong={wrong()}
          stays={first() !== 'none'}
          onConfirm={confirm}
          onClose={props.onClose}
        >
          <Row label={words().name} hint={words().nameHint}>
            <input
              class="field mono"
              data-autofocus
              required
              maxlength="40"
              spellcheck={false}
              autocomplete="off"
              placeholder="mobile-app"
              value={name()}
              onInput={(event) => setName(event.currentTarget.value.trim())}
            />
          </Row>
          <Fields draft={draft} set={set} />
          <fieldset>
            <legend class="part">{words().first}</legend>
            <For each={FIRSTS}>
              {(kind) => (
                <label>
                  <input type="radio" name="first" checked={first() === kind} onChange={() => setFirst(kind)} />
                  {words().firsts[kind]}
                </label>
              )}
            </For>
          </fieldset>
        </Confirm>
      }
    >
      {(proof) => <Once name={name()} kind={first() === 'secret' ? 'secret' : 'key'} made={proof()} onClose={done} />}
    </Show>
  );
}

/** Changes what a registered client is. */
export function EditDialog(props: { client: ListedClient; onClose: () => void; onDone: () => void }) {
  const before = props.client.client;
  const [draft, set] = createStore<Draft>(draftOf(before));
  const confirm = async () => {
    await change(props.client.name, specOf(draft, before));
    props.onDone();
    notify({ severity: 'info', text: t().clients.changed(props.client.name) });
  };
  return (
    <Confirm
      title={t().clients.editTitle(props.client.name)}
      confirm={t().clients.save}
      wide
      wrong={amountWrong(draft)}
      onConfirm={confirm}
      onClose={props.onClose}
    >
      <Fields draft={draft} set={set} />
    </Confirm>
  );
}

function amountWrong(draft: Draft): string | undefined {
  const amount = wrongAmount(draft);
  return amount && t().clients.wrongAmount(t().clients.amounts[amount]);
}
