import { For } from 'solid-js';
import { t } from '../../lib/i18n';
import { href, params, route } from '../../lib/route';

/** Traces or log lines: two views of what services tell of themselves. What was asked for goes along. */
export function Kinds() {
  const shared = () => ({
    service: params().get('service') ?? undefined,
    range: params().get('range') ?? undefined,
  });
  return (
    <nav class="kinds" aria-label={t().traces.kinds}>
      <For each={['traces', 'logs'] as const}>
        {(page) => (
          <a href={href(page, '', shared())} aria-current={route().page === page ? 'page' : undefined}>
            {t().nav[page]}
          </a>
        )}
      </For>
    </nav>
  );
}
