/** Whose transactions are shown. */
import { createSignal, For, Show } from 'solid-js';
import { status } from '../../api/live';
import { get } from '../../api/client';
import type { Found, Transaction } from '../../api/types';
import { t, titled } from '../../lib/i18n';
import { serverNow } from '../../api/clock';

export function SubjectChoice(props: { value: string; onChoose: (subject: string) => void }) {
  // The status lists neither routes nor clients; the latest transactions do, when somebody wants to choose.
  const [routes, setRoutes] = createSignal<string[]>();
  const [callers, setCallers] = createSignal<string[]>();
  let asked = false;
  const findRoutes = async () => {
    if (asked) return;
    asked = true;
    const now = Math.ceil(serverNow());
    const query = { subject: 'all', from: (now - 3600) * 1e6, to: now * 1e6, limit: 1000 };
    const found = await get<Found>('transactions', query).catch(() => undefined);
    const names = (of: (one: Transaction) => string | null) =>
      [...new Set(found?.transactions.map(of))].filter((name): name is string => Boolean(name)).sort();
    setRoutes(names((one) => one.route));
    setCallers(names((one) => one.caller));
  };
  const groups = () => [
    {
      name: t().tmap.functions,
      kind: 'function',
      options: (status()?.functions ?? []).map((one) => ({ value: one.name, label: titled(one.title, one.name) })),
    },
    { name: t().tmap.services, kind: 'service', options: plain((status()?.services ?? []).map((one) => one.name)) },
    { name: t().tmap.callers, kind: 'caller', options: plain(callers() ?? []) },
    { name: t().tmap.routes, kind: 'route', options: plain(routes() ?? []) },
    {
      name: t().tmap.instances,
      kind: 'instance',
      options: plain((status()?.services ?? []).flatMap((one) => one.instances.map(({ id }) => id))),
    },
  ];
  const known = () =>
    props.value === 'all' ||
    groups().some(({ kind, options }) => options.some(({ value }) => `${kind}:${value}` === props.value));

  return (
    <label class="tm-field">
      <span>{t().tmap.subject}</span>
      <select
        class="field"
        onFocus={() => void findRoutes()}
        onPointerDown={() => void findRoutes()}
        onChange={(event) => props.onChoose(event.currentTarget.value)}
      >
        <option value="all" selected={props.value === 'all'}>
          {t().tmap.all}
        </option>
        <Show when={!known()}>
          <option value={props.value} selected>
            {props.value.replace(/^[a-z]+:/, '')}
          </option>
        </Show>
        <For each={groups()}>
          {({ name, kind, options }) => (
            <Show when={options.length > 0}>
              <optgroup label={name}>
                <For each={options}>
                  {({ value, label }) => (
                    <option value={`${kind}:${value}`} selected={props.value === `${kind}:${value}`}>
                      {label}
                    </option>
                  )}
                </For>
              </optgroup>
            </Show>
          )}
        </For>
      </select>
    </label>
  );
}

function plain(names: readonly string[]): { value: string; label: string }[] {
  return names.map((value) => ({ value, label: value }));
}
