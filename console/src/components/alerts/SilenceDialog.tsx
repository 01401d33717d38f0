import { createSignal, For } from 'solid-js';
import { silence } from '../../api/alerts';
import { serverNow } from '../../api/clock';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { duration, moment } from '../../lib/time';
import { Confirm } from '../subject/Confirm';
import { ownerNamed } from './words';
import '../data/data.css';

const HOURS = [0.5, 1, 4, 12, 24, 72];

/** Nobody is told for a while: of this, of all of this item, or of everything about it. */
export function SilenceDialog(props: {
  owner: string | null;
  item: string | null;
  onDone: () => void;
  onClose: () => void;
}) {
  const words = () => t().alerts;
  const [hours, setHours] = createSignal(1);
  const [scope, setScope] = createSignal<'this' | 'owner' | 'item'>('this');
  const [why, setWhy] = createSignal('');
  const scopes = () =>
    [
      { value: 'this' as const, label: words().scopes.this(ownerNamed(props.owner ?? ''), props.item ?? '') },
      { value: 'owner' as const, label: words().scopes.owner(ownerNamed(props.owner ?? '')) },
      { value: 'item' as const, label: words().scopes.item(props.item ?? '') },
    ].filter(() => props.owner !== null && props.item !== null);
  const until = () => serverNow() + hours() * 3600;
  const confirm = async () => {
    await silence({
      owner: scope() === 'item' ? null : props.owner,
      item: scope() === 'owner' ? null : props.item,
      seconds: Math.round(hours() * 3600),
      why: why().trim(),
    });
    notify({ severity: 'info', text: words().silencedUntil(moment(until() * 1000)) });
    props.onDone();
  };
  return (
    <Confirm
      title={words().silence}
      confirm={words().silence}
      wrong={why().trim() ? undefined : words().whyMissing}
      onConfirm={confirm}
      onClose={props.onClose}
    >
      <fieldset>
        <legend>{words().scope}</legend>
        <For each={scopes()} fallback={<p>{words().everything}</p>}>
          {({ value, label }) => (
            <label>
              <input type="radio" name="scope" checked={scope() === value} onChange={() => setScope(value)} />
              {label}
            </label>
          )}
        </For>
      </fieldset>
      <div class="row">
        <label for="silence-hours">{words().howLong}</label>
        <select id="silence-hours" class="field" onChange={(event) => setHours(Number(event.currentTarget.value))}>
          <For each={HOURS}>
            {(one) => (
              <option value={one} selected={one === hours()}>
                {duration(one * 3600)}
              </option>
            )}
          </For>
        </select>
      </div>
      <div class="row">
        <label for="silence-why">{words().whySilent}</label>
        <input
          id="silence-why"
          class="field"
          data-autofocus
          value={why()}
          onInput={(event) => setWhy(event.currentTarget.value)}
        />
      </div>
      <p class="muted">{words().silenceWill}</p>
    </Confirm>
  );
}
