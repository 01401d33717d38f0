import { For } from 'solid-js';
import { t } from '../../lib/i18n';
import { href, route } from '../../lib/route';

const PAGES = ['assess', 'portfolio', 'reports'] as const;

/** The parts of this section. */
export function Tabs() {
  return (
    <nav class="section-tabs" aria-label={t().assess.parts}>
      <For each={PAGES}>
        {(page) => (
          <a href={href(page)} aria-current={route().page === page ? 'page' : undefined}>
            {t().assess.tabs[page]}
          </a>
        )}
      </For>
    </nav>
  );
}
