import { For, Show } from 'solid-js';
import type { ServiceStatus } from '../../api/types';
import { explain } from '../../lib/decision';
import { number, rate } from '../../lib/format';
import { t } from '../../lib/i18n';
import { Mark } from '../Mark';

/** How many instances there are to be, who says so, and why. */
export function Scaling(props: { service: ServiceStatus }) {
  const scaling = () => props.service.scaling;
  const words = () => t().subject;
  return (
    <section class="panel scaling" aria-label={words().scaling}>
      <div class="panel-head">
        <h2>{words().scaling}</h2>
        <span class="note end">{words().bounds(scaling().min, scaling().max)}</span>
      </div>
      <div class="body">
        <p class="counts">
          <b>{number(props.service.ready)}</b> {words().ready}
          <span class="slash">/</span>
          <b>{number(props.service.desired)}</b> {words().wanted}
        </p>
        <Gauge service={props.service} />
        <Show when={scaling().held !== null}>
          <p class="say warn">
            <Mark level="warn" />
            {words().heldBy(scaling().held ?? 0)}
          </p>
        </Show>
        <Show when={scaling().no_room}>
          <p class="say warn">
            <Mark level="warn" />
            {words().noRoom}
          </p>
        </Show>
        <h3>{words().policies}</h3>
        <Show when={scaling().automatic} fallback={<p class="muted">{words().noPolicies}</p>}>
          <ul class="policies">
            <For each={scaling().policies}>{(policy) => <li class="mono">{policy}</li>}</For>
          </ul>
        </Show>
        <Show when={scaling().automatic || scaling().decision}>
          <h3>{words().lastDecision}</h3>
          <Show when={scaling().decision} fallback={<p class="muted">{words().noDecision}</p>}>
            {(decision) => (
              <ul class="why">
                <For each={explain(decision())}>{(line) => <li>{line}</li>}</For>
              </ul>
            )}
          </Show>
        </Show>
        <Show when={scaling().capacity}>
          {(capacity) => <p class="muted">{words().capacity(rate(capacity().rate), capacity().revision)}</p>}
        </Show>
      </div>
    </section>
  );
}

const WIDTH = 100;

/** From none to the maximum: ready ones filled, wanted ones framed, the minimum marked. */
function Gauge(props: { service: ServiceStatus }) {
  const most = () => Math.max(1, props.service.scaling.max, props.service.desired, props.service.ready);
  const at = (n: number) => (n / most()) * WIDTH;
  return (
    <svg class="gauge" viewBox={`0 0 ${WIDTH} 12`} preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" y="3" width={WIDTH} height="6" />
      <rect class="wanted" y="3" width={at(props.service.desired)} height="6" />
      <rect class="ready" y="3" width={at(props.service.ready)} height="6" />
      <rect class="minimum" x={Math.max(0, at(props.service.scaling.min) - 0.4)} width="0.8" height="12" />
    </svg>
  );
}
