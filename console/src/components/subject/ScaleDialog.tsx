import { createSignal, Show } from 'solid-js';
import { scale } from '../../api/actions';
import type { ServiceStatus } from '../../api/types';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { scaleBack } from './undo';
import { Confirm } from './Confirm';

/** A number of instances, or the policies' own. */
export function ScaleDialog(props: { service: ServiceStatus; onClose: () => void }) {
  const scaling = () => props.service.scaling;
  const name = () => props.service.name;
  const words = () => t().actions;
  const [auto, setAuto] = createSignal(props.service.scaling.automatic && props.service.scaling.held === null);
  const [count, setCount] = createSignal(props.service.desired);
  const wrong = () => {
    const fits = Number.isInteger(count()) && count() >= scaling().min && count() <= scaling().max;
    return auto() || fits ? undefined : words().outside(scaling().min, scaling().max);
  };
  const confirm = async () => {
    const wanted = auto() ? null : count();
    const before = scaling().automatic ? scaling().held : props.service.desired;
    const { desired } = await scale(name(), wanted);
    notify({
      severity: 'info',
      text: wanted === null ? words().automatic(name()) : words().scaled(name(), desired),
      undo: () => scaleBack(name(), before),
    });
  };
  return (
    <Confirm
      title={words().scaleTitle(name())}
      confirm={words().scale}
      wrong={wrong()}
      onConfirm={confirm}
      onClose={props.onClose}
    >
      <fieldset class="modes">
        <legend class="hidden-visually">{words().scale}</legend>
        <Show when={scaling().automatic}>
          <label>
            <input type="radio" name="mode" checked={auto()} onChange={() => setAuto(true)} />
            {words().auto}
          </label>
        </Show>
        <label>
          <input type="radio" name="mode" checked={!auto()} onChange={() => setAuto(false)} />
          {words().number}
          <input
            class="field count"
            type="number"
            aria-label={t().subject.scaling}
            min={scaling().min}
            max={scaling().max}
            value={count()}
            onFocus={() => setAuto(false)}
            onInput={(event) => setCount(event.currentTarget.valueAsNumber)}
          />
          <span class="muted">{t().subject.bounds(scaling().min, scaling().max)}</span>
        </label>
      </fieldset>
      <Show when={!wrong()}>
        <p>{auto() ? words().autoWill : words().scaleWill(props.service.desired, count())}</p>
      </Show>
    </Confirm>
  );
}
