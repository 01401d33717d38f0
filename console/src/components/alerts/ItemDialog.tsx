import { createSignal, For, Show } from 'solid-js';
import { alertItems, again, channels, setItem, type AlertSeverity } from '../../api/alerts';
import { asking } from '../../api/asking';
import { beyond, FIGURES, nameFor } from '../../lib/figure';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { Confirm } from '../subject/Confirm';
import { figureNamed, ownerNamed } from './words';
import '../data/data.css';
import './alerts.css';

type Test = 'level' | 'ahead' | 'anomalous';

/** A new item: what is watched, when it is too much, and who is told. */
export function ItemDialog(props: {
  owner: string;
  figure: string;
  value?: number | undefined;
  onClose: () => void;
  onSet?: (() => void) | undefined;
}) {
  const words = () => t().alerts;
  const first = beyond(props.figure, props.value);
  const [figure, setFigure] = createSignal(props.figure);
  const [of, setOf] = createSignal(props.owner);
  const [test, setTest] = createSignal<Test>('level');
  const [sign, setSign] = createSignal<'>' | '<'>(first.sign);
  const [threshold, setThreshold] = createSignal(first.threshold);
  const [lasts, setLasts] = createSignal('1m');
  const [within, setWithin] = createSignal('30m');
  const [severity, setSeverity] = createSignal<AlertSeverity>('warning');
  const [told, setTold] = createSignal<string[]>([]);
  const [own, setOwn] = createSignal<string>();
  const items = asking((signal) => alertItems(signal), 60);
  const ways = asking((signal) => channels(signal), 60);
  const name = () =>
    own() ??
    nameFor(
      of(),
      figure(),
      (items.value() ?? []).map((item) => item.name),
    );
  const when = () => {
    if (test() === 'anomalous') return `${figure()} anomalous`;
    if (test() === 'ahead') {
      const goes = sign() === '>' ? 'reach' : 'fall to';
      return `${figure()} will ${goes} ${threshold()} within ${within()}`;
    }
    return `${figure()} ${sign()} ${threshold()} for ${lasts()}`;
  };
  const kind = () => of().split(':')[0] ?? '';
  /** This one, or all of its kind. */
  const owners = () => {
    const each = `${kind()}:*`;
    return props.owner.includes(':') && kind() !== 'outside' ? [props.owner, each] : [props.owner];
  };
  const confirm = async () => {
    await setItem({ name: name(), of: of(), when: when(), severity: severity(), notify: told() });
    notify({ severity: 'info', text: words().setDone(name()) });
    again();
    props.onSet?.();
  };
  return (
    <Confirm title={words().set} confirm={words().setConfirm} wide onConfirm={confirm} onClose={props.onClose}>
      <div class="two">
        <div class="row">
          <label for="item-of">{words().of}</label>
          <Show
            when={!props.owner.endsWith('*')}
            fallback={
              <input
                id="item-of"
                class="field mono"
                value={of()}
                onInput={(event) => setOf(event.currentTarget.value)}
              />
            }
          >
            <select id="item-of" class="field" onChange={(event) => setOf(event.currentTarget.value)}>
              <For each={owners()}>
                {(one) => (
                  <option value={one} selected={one === of()}>
                    {ownerNamed(one)}
                  </option>
                )}
              </For>
            </select>
          </Show>
        </div>
        <div class="row">
          <label for="item-figure">{words().figure}</label>
          <input
            id="item-figure"
            class="field mono"
            list="item-figures"
            value={figure()}
            onInput={(event) => setFigure(event.currentTarget.value.trim())}
          />
          <datalist id="item-figures">
            <For each={FIGURES}>{(one) => <option value={one}>{figureNamed(one)}</option>}</For>
          </datalist>
        </div>
      </div>
      <fieldset class="tests">
        <legend>{words().test}</legend>
        <For each={['level', 'ahead', 'anomalous'] as const}>
          {(one) => (
            <label>
              <input type="radio" name="test" checked={test() === one} onChange={() => setTest(one)} />
              {words().tests[one]}
            </label>
          )}
        </For>
      </fieldset>
      <Show when={test() !== 'anomalous'}>
        <div class="two">
          <div class="row">
            <label for="item-threshold">{words().threshold}</label>
            <span class="threshold">
              <select
                class="field"
                aria-label={words().side}
                onChange={(event) => setSign(event.currentTarget.value as '>' | '<')}
              >
                <option value=">" selected={sign() === '>'}>
                  {words().above}
                </option>
                <option value="<" selected={sign() === '<'}>
                  {words().below}
                </option>
              </select>
              <input
                id="item-threshold"
                class="field"
                data-autofocus
                value={threshold()}
                onInput={(event) => setThreshold(event.currentTarget.value.trim())}
              />
            </span>
            <span class="muted">{words().thresholdHint}</span>
          </div>
          <div class="row">
            <label for="item-time">{test() === 'level' ? words().lasts : words().within}</label>
            <input
              id="item-time"
              class="field"
              value={test() === 'level' ? lasts() : within()}
              onInput={(event) => (test() === 'level' ? setLasts : setWithin)(event.currentTarget.value.trim())}
            />
            <span class="muted">{words().timeHint}</span>
          </div>
        </div>
      </Show>
      <div class="two">
        <div class="row">
          <label for="item-severity">{words().severity}</label>
          <select
            id="item-severity"
            class="field"
            onChange={(event) => setSeverity(event.currentTarget.value as AlertSeverity)}
          >
            <option value="warning">{words().severities.warning}</option>
            <option value="critical">{words().severities.critical}</option>
          </select>
        </div>
        <div class="row">
          <label for="item-name">{words().name}</label>
          <input
            id="item-name"
            class="field mono"
            value={name()}
            onInput={(event) => setOwn(event.currentTarget.value.trim())}
          />
        </div>
      </div>
      <fieldset>
        <legend>{words().notify}</legend>
        <For each={ways.value() ?? []} fallback={<p class="muted">{words().noChannels}</p>}>
          {(channel) => (
            <label>
              <input
                type="checkbox"
                checked={told().includes(channel.name)}
                onChange={(event) =>
                  setTold((all) =>
                    event.currentTarget.checked ? [...all, channel.name] : all.filter((one) => one !== channel.name),
                  )
                }
              />
              {channel.name} <span class="muted">{channel.to}</span>
            </label>
          )}
        </For>
        <Show when={(ways.value()?.length ?? 0) > 0}>
          <p class="muted">{words().notifyHint}</p>
        </Show>
      </fieldset>
      <p>
        {words().willBe} <code class="mono">{when()}</code>
      </p>
    </Confirm>
  );
}
