/** The JVM and pools of one of a service's instances, as far as they are told. */
import { createSignal, For, Show } from 'solid-js';
import { t } from '../../lib/i18n';
import { JvmPanels } from '../metrics/Panels';

export function Inside(props: { ids: readonly string[] }) {
  const [chosen, setChosen] = createSignal<string>();
  const id = () => (props.ids.includes(chosen() ?? '') ? chosen() : props.ids[0]);
  return (
    <Show when={id()} keyed>
      {(shown) => (
        <JvmPanels
          owner={`instance:${shown}`}
          title={t().metrics.jvm}
          head={
            <select
              class="field"
              aria-label={t().metrics.jvmOf}
              onChange={(event) => setChosen(event.currentTarget.value)}
            >
              <For each={props.ids}>
                {(one) => (
                  <option value={one} selected={one === shown}>
                    {one}
                  </option>
                )}
              </For>
            </select>
          }
        />
      )}
    </Show>
  );
}
