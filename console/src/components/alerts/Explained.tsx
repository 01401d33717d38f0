/** What a figure means, what it was, why it is as it is, and what to do: as naru found it in the data. */
import { For, Show } from 'solid-js';
import type { Explanation } from '../../api/alerts';
import { percent } from '../../lib/format';
import { shown } from '../../lib/figure';
import { t } from '../../lib/i18n';
import { moment } from '../../lib/time';
import { ownerNamed, said, whereIs } from './words';

export function Explained(props: { figure: string; of: Explanation; onLeave?: () => void }) {
  const words = () => t().alerts;
  const times = () =>
    (['now', 'hour_ago', 'day_ago', 'week_ago'] as const).map((key) => ({
      name: words().times[key],
      value: props.of[key],
    }));
  return (
    <div class="explained">
      <p>{said(props.of.means)}</p>
      <dl class="then">
        <For each={times()}>
          {({ name, value }) => (
            <div>
              <dt>{name}</dt>
              <dd>{shown(props.figure, value)}</dd>
            </div>
          )}
        </For>
      </dl>
      <h3>{words().causes}</h3>
      <Show when={props.of.causes.length > 0} fallback={<p class="muted">{words().noCauses}</p>}>
        <ol class="causes">
          <For each={props.of.causes}>
            {(cause) => (
              <li>
                <span>{said(cause.text)}</span>{' '}
                <Show when={whereIs(cause.subject)}>
                  {(to) => (
                    <a href={to()} onClick={() => props.onLeave?.()}>
                      {ownerNamed(cause.subject)}
                    </a>
                  )}
                </Show>
                <span class="muted">
                  {words().support(percent(cause.support))}
                  {cause.moved_at === null ? '' : ` · ${words().movedAt(moment(cause.moved_at * 1000))}`}
                </span>
              </li>
            )}
          </For>
        </ol>
      </Show>
      <Show when={props.of.what_to_do.length > 0}>
        <h3>{words().whatToDo}</h3>
        <ul class="to-do">
          <For each={props.of.what_to_do}>{(one) => <li>{said(one)}</li>}</For>
        </ul>
      </Show>
    </div>
  );
}
