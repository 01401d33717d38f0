import { Show } from 'solid-js';
import { reconnect, staleFor, status } from '../api/live';
import { sessionState } from '../api/session';
import { t } from '../lib/i18n';
import { duration } from '../lib/time';

/** Says that the connection is gone and how old the figures below are; figures that are not live never look as if. */
export function StaleBar() {
  const gone = () => staleFor() !== undefined || (!status() && sessionState().kind === 'unreachable');
  return (
    <Show when={gone()}>
      <div class="stale" role="alert">
        <span>{t().app.disconnected}</span>
        <span aria-live="off">{status() ? t().app.shownAge(duration(staleFor() ?? 0)) : t().signIn.unreachable}</span>
        <button class="button" onClick={reconnect}>
          {t().app.retry}
        </button>
      </div>
    </Show>
  );
}
