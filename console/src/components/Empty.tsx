import { Show } from 'solid-js';
import { t } from '../lib/i18n';

/** Says why there is nothing, and what would bring something. */
export function Empty(props: { text: string; detail?: string }) {
  return (
    <div class="empty">
      <p>{props.text}</p>
      <Show when={props.detail}>
        <p class="detail">{props.detail}</p>
      </Show>
    </div>
  );
}

export function Loading() {
  return (
    <div class="empty" role="status">
      {t().app.loading}
    </div>
  );
}
