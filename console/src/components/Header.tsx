import { createEffect, For, Show } from 'solid-js';
import { openAlerts } from '../api/alerts';
import { staleFor, status } from '../api/live';
import { session, signOut } from '../api/session';
import { language, setLanguage, t } from '../lib/i18n';
import { href, route, type Page } from '../lib/route';
import { setTheme, theme } from '../lib/theme';
import { Icon } from './Icon';
import { NoticesButton } from './Notices';

const NAV = [
  'overview',
  'tmap',
  'map',
  'traces',
  'metrics',
  'alerts',
  'timeline',
  'calls',
  'apis',
  'clients',
  'links',
  'jobs',
  'assess',
] as const;
/** What lies within a part of the navigation. */
const WITHIN: Partial<Record<Page, Page>> = {
  api: 'apis',
  client: 'clients',
  link: 'links',
  trace: 'traces',
  logs: 'traces',
  instances: 'overview',
  instance: 'overview',
  host: 'overview',
  portfolio: 'assess',
  reports: 'assess',
};

/** Where one is, what is live, and how it is shown. */
export function Header() {
  let nav: HTMLElement | undefined;
  // On a phone not all of it is seen at once.
  createEffect(() => {
    const { page } = route();
    const current = nav?.querySelector(`[data-page="${WITHIN[page] ?? page}"]`);
    current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  return (
    <header class="header">
      <a class="brand" href={href('overview')} aria-label={`naru ${status()?.platform ?? ''}`}>
        <Logo />
        naru
        <Show when={status()?.platform}>
          <span class="platform">{status()?.platform}</span>
        </Show>
      </a>
      <nav ref={nav} class="nav" aria-label={t().nav.label}>
        <For each={NAV}>
          {(page) => (
            <a
              href={href(page)}
              data-page={page}
              aria-current={(WITHIN[route().page] ?? route().page) === page ? 'page' : undefined}
            >
              {t().nav[page]}
              <Show when={page === 'alerts' && openAlerts().length > 0}>
                <span
                  aria-hidden="true"
                  class="alarm-count"
                  classList={{ critical: openAlerts().some((one) => one.severity === 'critical') }}
                >
                  {openAlerts().length > 99 ? '99+' : openAlerts().length}
                </span>
                <span class="hidden-visually">{t().alerts.badge(openAlerts().length)}</span>
              </Show>
            </a>
          )}
        </For>
      </nav>
      <div class="end">
        <Show when={status()}>
          <span class="live" classList={{ off: staleFor() !== undefined }} data-tip={t().app.liveTip}>
            <span class="dot" />
            <span class="words">{staleFor() === undefined ? t().app.live : t().app.disconnected}</span>
          </span>
        </Show>
        <NoticesButton />
        <LanguageButton />
        <button
          class="icon-button"
          aria-label={theme() === 'dark' ? t().app.toLight : t().app.toDark}
          data-tip={theme() === 'dark' ? t().app.toLight : t().app.toDark}
          onClick={() => setTheme(theme() === 'dark' ? 'light' : 'dark')}
        >
          <Icon name={theme() === 'dark' ? 'sun' : 'moon'} />
        </button>
        <Show when={session()}>
          {(who) => (
            <button
              class="icon-button"
              aria-label={t().app.signOut(who().name, t().app.role[who().role])}
              data-tip={t().app.signOut(who().name, t().app.role[who().role])}
              onClick={() => void signOut()}
            >
              <Icon name="person" />
            </button>
          )}
        </Show>
      </div>
    </header>
  );
}

/** Shows everything in the other language, which it names in that language's own words. */
export function LanguageButton() {
  const other = () => (language() === 'ko' ? 'en' : 'ko');
  return (
    <button
      type="button"
      class="icon-button language"
      lang={other()}
      data-tip={t().app.languageTip}
      onClick={() => setLanguage(other())}
    >
      {t().app.language}
    </button>
  );
}

/** A landing where crossings start: the quay above, the water below. */
export function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0b5c7d" />
      <path
        d="M6 12.5h20M6 20q2.5-3 5 0t5 0 5 0 5 0"
        fill="none"
        stroke="#fff"
        stroke-width="2.6"
        stroke-linecap="round"
      />
      <path d="M11 12.5V7.5M21 12.5V7.5" stroke="#7fd6ee" stroke-width="2.6" stroke-linecap="round" />
    </svg>
  );
}
