import { Show, type JSX } from 'solid-js';
import type { Asked as Answer } from '../../api/asking';
import { t } from '../../lib/i18n';
import { Empty, Loading } from '../Empty';

/** Shows an answer once it is there; says why when it can't be had, and keeps the last one meanwhile. */
export function Asked<T>(props: { of: Answer<T>; children: (value: () => T) => JSX.Element }) {
  return (
    <Show
      when={props.of.value() !== undefined}
      fallback={
        <Show when={props.of.trouble()} fallback={<Loading />}>
          {(why) => <Empty text={t().data.trouble} detail={why()} />}
        </Show>
      }
    >
      <Show when={props.of.trouble()}>
        {(why) => (
          <p class="trouble" role="status">
            {t().data.notRenewed(why())}
          </p>
        )}
      </Show>
      {props.children(() => props.of.value()!)}
    </Show>
  );
}
