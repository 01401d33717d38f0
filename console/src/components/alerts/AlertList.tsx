/** Alerts, each with its reasons and with what an operator may do. */
import { createSignal, For, Show } from 'solid-js';
import { acknowledge, again, type Alert } from '../../api/alerts';
import { may } from '../../api/session';
import { shown } from '../../lib/figure';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { params, setParam } from '../../lib/route';
import { moment } from '../../lib/time';
import { State } from '../data/State';
import { Explained } from './Explained';
import { SilenceDialog } from './SilenceDialog';
import { aheadText, figureNamed, lasted, ownerNamed, whereIs } from './words';

export function AlertList(props: { label: string; alerts: readonly Alert[]; onChange: () => void }) {
  return (
    <ul class="alerts" aria-label={props.label}>
      <For each={props.alerts.map((one) => one.id)}>
        {(id) => (
          <Show when={props.alerts.find((one) => one.id === id)}>
            {(alert) => <One alert={alert()} onChange={props.onChange} />}
          </Show>
        )}
      </For>
    </ul>
  );
}

function One(props: { alert: Alert; onChange: () => void }) {
  const one = () => props.alert;
  const words = () => t().alerts;
  const open = () => params().get('alert') === String(one().id);
  const [silencing, setSilencing] = createSignal(false);
  const level = () => (one().resolved ? 'good' : one().severity === 'critical' ? 'bad' : 'warn');
  const act = async () => {
    try {
      await acknowledge(one().id);
      again();
      props.onChange();
    } catch (error) {
      notify({ severity: 'error', text: t().actions.failed(error instanceof Error ? error.message : String(error)) });
    }
  };
  return (
    <li class={level()} data-alert={one().id}>
      <div class="alert-line">
        <State level={level()} word={one().resolved ? words().resolved : words().severities[one().severity]} pill />
        <span class="what">
          <Show when={whereIs(one().owner)} fallback={<b>{ownerNamed(one().owner)}</b>}>
            {(to) => (
              <a href={to()}>
                <b>{ownerNamed(one().owner)}</b>
              </a>
            )}
          </Show>{' '}
          {figureNamed(one().figure)}{' '}
          <Show when={one().ahead && !one().resolved} fallback={<b>{shown(one().figure, one().value)}</b>}>
            <b>{aheadText(one().figure, one().threshold, one().ahead!)}</b>
          </Show>
          <span class="muted"> {words().worst(shown(one().figure, one().worst))}</span>
        </span>
        <span class="muted">
          {moment(one().since / 1000)} ·{' '}
          {one().resolved ? words().tookTime(lasted(one())) : words().lastsSince(lasted(one()))}
        </span>
        <span class="do">
          <Show when={one().silenced}>
            <span class="tag">{words().silenced}</span>
          </Show>
          <Show when={one().acknowledged}>{(by) => <span class="tag">{words().acknowledgedBy(by()[1])}</span>}</Show>
          <Show when={!one().resolved && may('operator')}>
            <Show when={!one().acknowledged}>
              <button class="button" data-tip={words().acknowledgeTip} onClick={() => void act()}>
                {words().acknowledge}
              </button>
            </Show>
            <button class="button" data-tip={words().silenceTip} onClick={() => setSilencing(true)}>
              {words().silence}
            </button>
          </Show>
          <button
            class="button plain"
            aria-expanded={open()}
            onClick={() => setParam('alert', open() ? undefined : String(one().id))}
          >
            {open() ? words().less : words().why}
          </button>
        </span>
      </div>
      <Show when={open()}>
        <p class="condition">
          <span class="mono">{one().when}</span> <span class="muted">{one().item}</span>
        </p>
        <Explained figure={one().figure} of={one().explanation} />
      </Show>
      <Show when={silencing()}>
        <SilenceDialog
          owner={one().owner}
          item={one().item}
          onClose={() => setSilencing(false)}
          onDone={() => {
            again();
            props.onChange();
          }}
        />
      </Show>
    </li>
  );
}
