import { createResource, createSignal, For, Match, Show, Switch } from 'solid-js';
import { discard, openLetter, replay } from '../../api/manage';
import type { DeadLetter } from '../../api/managed';
import { may } from '../../api/session';
import { bytes, number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { href } from '../../lib/route';
import { moment } from '../../lib/time';
import { Guarded } from '../clients/Guarded';
import { Dialog } from '../Dialog';
import { Loading } from '../Empty';
import { Confirm } from '../subject/Confirm';

/** A dead letter opened: why it was given up, what was sent, and what may become of it. */
export function LetterDialog(props: {
  id: string;
  listed: DeadLetter | undefined;
  onClose: () => void;
  onChanged: () => void;
}) {
  const [opened] = createResource(() => (may('operator') ? props.id : undefined), openLetter);
  const [asking, setAsking] = createSignal<'replay' | 'discard'>();
  const read = () => (opened.error === undefined ? opened() : undefined);
  const letter = () => read()?.letter ?? props.listed;
  const words = () => t().jobs;

  const act = async (what: 'replay' | 'discard') => {
    await (what === 'replay' ? replay(props.id) : discard(props.id));
    notify({ severity: 'info', text: what === 'replay' ? words().replayed(1) : words().discarded });
    props.onChanged();
    props.onClose();
  };

  return (
    <Switch>
      <Match when={asking()}>
        {(what) => (
          <Confirm
            title={what() === 'replay' ? words().replayTitle : words().discardTitle}
            confirm={words()[what()]}
            stays
            onConfirm={() => act(what())}
            onClose={() => setAsking(undefined)}
          >
            <p>{what() === 'replay' ? words().replayWill : words().discardWill}</p>
          </Confirm>
        )}
      </Match>
      <Match when={asking() === undefined}>
        <Dialog title={words().letter} wide onClose={props.onClose}>
          <Show when={letter()}>{(one) => <Facts letter={one()} />}</Show>
          <Show when={!may('operator')}>
            <p class="muted row">{words().notForViewers}</p>
          </Show>
          <Show when={opened.loading}>
            <Loading />
          </Show>
          <Show when={opened.error as unknown}>
            {(error) => (
              <p class="error" role="alert">
                {error() instanceof Error ? (error() as Error).message : String(error())}
              </p>
            )}
          </Show>
          <Show when={read()}>
            {(one) => (
              <>
                <p class="part">{words().headers}</p>
                <pre class="letter-body" tabindex="0" aria-label={words().headers}>
                  <For each={one().headers}>
                    {([name, value]) => (
                      <>
                        <b>{name}</b>: {value}
                        {'\n'}
                      </>
                    )}
                  </For>
                </pre>
                <p class="part">
                  {words().body} <span class="muted">{bytes(one().letter.size)}</span>
                </p>
                <pre class="letter-body" tabindex="0" aria-label={words().body}>
                  {one().body || words().noBody}
                </pre>
                <Show when={one().truncated}>
                  <p class="muted">{words().truncated}</p>
                </Show>
              </>
            )}
          </Show>
          <div class="actions">
            <Guarded role="operator" onPress={() => setAsking('discard')}>
              {words().discard}
            </Guarded>
            <Guarded role="operator" onPress={() => setAsking('replay')}>
              {words().replay}
            </Guarded>
            <button class="button primary" data-autofocus onClick={props.onClose}>
              {t().app.close}
            </button>
          </div>
        </Dialog>
      </Match>
    </Switch>
  );
}

function Facts(props: { letter: DeadLetter }) {
  const one = () => props.letter;
  const words = () => t().jobs;
  return (
    <>
      <p class="mono">
        {one().method} {one().host}
        {one().path}
      </p>
      <dl class="letter-head">
        <dt>{words().why}</dt>
        <dd class="troubled">{one().why}</dd>
        <dt>{words().route}</dt>
        <dd class="mono">{one().route}</dd>
        <dt>{t().data.by.caller}</dt>
        <dd>
          <Show when={one().caller} fallback={one().origin ?? t().data.nobody.caller}>
            {(name) => <a href={href('client', name())}>{name()}</a>}
          </Show>
        </dd>
        <dt>{words().submitted}</dt>
        <dd>{moment(one().submitted / 1000)}</dd>
        <dt>{words().died}</dt>
        <dd>{moment(one().died / 1000)}</dd>
        <dt>{words().attempts}</dt>
        <dd>{number(one().attempts)}</dd>
      </dl>
    </>
  );
}
