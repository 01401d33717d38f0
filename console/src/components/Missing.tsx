/** Says that an answer may lack what is older: the larger store did not answer. */
import { Show } from 'solid-js';
import { t } from '../lib/i18n';

export function Missing(props: { why: string | undefined }) {
  return (
    <Show when={props.why}>
      {(why) => (
        <p class="banner" role="status">
          {t().app.missing} <span class="muted">({why()})</span>
        </p>
      )}
    </Show>
  );
}
