/** One client: what it may, how it proves itself, and what it calls. */
import { createMemo, createSignal, Match, Show, Switch } from 'solid-js';
import { asking, type Asked as Answer } from '../api/asking';
import { block, client, unregister } from '../api/manage';
import type { ListedClient } from '../api/managed';
import { Charts } from '../components/charts/Charts';
import { Guarded } from '../components/clients/Guarded';
import { ProofsPanel } from '../components/clients/ProofsPanel';
import { EditDialog } from '../components/clients/RegisterDialog';
import { SpecPanel } from '../components/clients/SpecPanel';
import { standing } from '../components/clients/words';
import { Asked } from '../components/data/Asked';
import { Head } from '../components/data/Head';
import { Hours } from '../components/data/Hours';
import { State } from '../components/data/State';
import { SumsLine } from '../components/data/Sums';
import { TallyPanel } from '../components/data/TallyPanel';
import { Empty } from '../components/Empty';
import { Confirm } from '../components/subject/Confirm';
import { t } from '../lib/i18n';
import { notify } from '../lib/notice';
import { go, href, params, route } from '../lib/route';
import { rangeOf } from '../lib/time';

export default function Client() {
  return (
    <Show when={route().name} keyed>
      {(name) => <Named name={name} />}
    </Show>
  );
}

function Named(props: { name: string }) {
  const asked = asking((signal) => client(props.name, signal), 5);
  return (
    <Show when={asked.trouble() && asked.value() === undefined} fallback={<Known of={asked} />}>
      <h1 class="hidden-visually">{props.name}</h1>
      <Empty text={t().clients.gone(props.name)} detail={asked.trouble()!} />
      <Calls name={props.name} />
    </Show>
  );
}

function Known(props: { of: Answer<ListedClient> }) {
  return <Asked of={props.of}>{(one) => <View client={one()} onChanged={props.of.again} />}</Asked>;
}

function View(props: { client: ListedClient; onChanged: () => void }) {
  const range = createMemo(() => rangeOf(params().get('range')));
  const name = () => props.client.name;
  const subject = () => `caller:${name()}`;
  const words = () => t().clients;
  return (
    <>
      <Head
        from="clients"
        title={props.client.client.title ?? name()}
        state={<State {...standing(props.client)} pill />}
        subject={subject()}
        facts={[
          props.client.client.title ? <span class="mono">{name()}</span> : undefined,
          props.client.client.owner ? t().subject.owner(props.client.client.owner) : undefined,
          words().origins[props.client.origin],
        ]}
        actions={<Actions client={props.client} onChanged={props.onChanged} />}
      />
      <SumsLine subject={subject()} range={range()} />
      <div class="beside">
        <SpecPanel client={props.client} />
        <ProofsPanel client={props.client} onChanged={props.onChanged} />
      </div>
      <Calls name={name()} />
    </>
  );
}

/** The record of its calls, which outlives it. */
function Calls(props: { name: string }) {
  const range = createMemo(() => rangeOf(params().get('range')));
  const subject = () => `caller:${props.name}`;
  const words = () => t().clients;
  return (
    <>
      <Charts kind="caller" name={props.name} />
      <div class="beside">
        <TallyPanel title={words().byRoute} subject={subject()} by="route" range={range()} empty={words().noCalls} />
        <TallyPanel title={words().byStatus} subject={subject()} by="status" range={range()} empty={words().noCalls} />
        <TallyPanel
          title={words().byAddress}
          subject={subject()}
          by="address"
          range={range()}
          empty={words().noCalls}
        />
        <Hours title={words().byHour} subject={subject()} range={range()} empty={words().noCalls} />
      </div>
    </>
  );
}

type Action = 'edit' | 'block' | 'remove';

function Actions(props: { client: ListedClient; onChanged: () => void }) {
  const [open, setOpen] = createSignal<Action>();
  const close = () => setOpen(undefined);
  const words = () => t().clients;
  const name = () => props.client.name;
  const never = () => (props.client.origin === 'file' ? words().ofFile : undefined);
  const blocked = () => props.client.client.blocked;

  const setBlocked = async (to: boolean, undoable: boolean) => {
    await block(name(), to);
    props.onChanged();
    notify({
      severity: to ? 'warning' : 'info',
      text: to ? words().isBlocked(name()) : words().isLetIn(name()),
      ...(undoable ? { undo: () => setBlocked(!to, false) } : {}),
    });
  };
  const removeIt = async () => {
    await unregister(name());
    notify({ severity: 'warning', text: words().isRemoved(name()) });
    go(href('clients'));
  };

  return (
    <div class="actions">
      <Guarded role="admin" never={never()} onPress={() => setOpen('edit')}>
        {words().edit}
      </Guarded>
      <Guarded role="operator" never={never()} onPress={() => setOpen('block')}>
        {blocked() ? words().letIn : words().block}
      </Guarded>
      <Guarded role="admin" never={never()} onPress={() => setOpen('remove')}>
        {words().remove}
      </Guarded>
      <Switch>
        <Match when={open() === 'edit'}>
          <EditDialog client={props.client} onClose={close} onDone={props.onChanged} />
        </Match>
        <Match when={open() === 'block'}>
          <BlockDialog blocked={blocked()} name={name()} onConfirm={(to) => setBlocked(to, true)} onClose={close} />
        </Match>
        <Match when={open() === 'remove'}>
          <Confirm
            title={words().removeTitle(name())}
            confirm={words().remove}
            stays
            onConfirm={removeIt}
            onClose={close}
          >
            <p>{words().removeWill}</p>
          </Confirm>
        </Match>
      </Switch>
    </div>
  );
}

/** Speaks of what was so when it was opened: the state may change under it. */
function BlockDialog(props: {
  blocked: boolean;
  name: string;
  onConfirm: (to: boolean) => Promise<void>;
  onClose: () => void;
}) {
  const to = !props.blocked;
  const words = () => t().clients;
  return (
    <Confirm
      title={to ? words().blockTitle(props.name) : words().letInTitle(props.name)}
      confirm={to ? words().block : words().letIn}
      onConfirm={() => props.onConfirm(to)}
      onClose={props.onClose}
    >
      <p>{to ? words().blockWill : words().letInWill}</p>
    </Confirm>
  );
}
