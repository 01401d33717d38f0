/** The frame round every page: who is looking decides whether there is one, the address decides which. */
import {
  createEffect,
  createMemo,
  ErrorBoundary,
  lazy,
  Match,
  on,
  Show,
  Suspense,
  Switch,
  type Component,
} from 'solid-js';
import { followAlerts } from './api/alerts';
import { functionNamed, start, status } from './api/live';
import { sessionState } from './api/session';
import { ItemHost } from './components/alerts/AlertButton';
import { Header } from './components/Header';
import { Notices } from './components/Notices';
import { SignIn } from './components/SignIn';
import { StaleBar } from './components/StaleBar';
import { Tooltip } from './components/Tooltip';
import { Empty, Loading } from './components/Empty';
import { language, t, titled } from './lib/i18n';
import { route, type Page } from './lib/route';
import Overview from './pages/Overview';

const Subject = lazy(() => import('./pages/Subject'));
const TMap = lazy(() => import('./pages/TMap'));
const Timeline = lazy(() => import('./pages/Timeline'));
const Calls = lazy(() => import('./pages/Calls'));
const Apis = lazy(() => import('./pages/Apis'));
const Api = lazy(() => import('./pages/Api'));
const Clients = lazy(() => import('./pages/Clients'));
const Client = lazy(() => import('./pages/Client'));
const Links = lazy(() => import('./pages/Links'));
const Link = lazy(() => import('./pages/Link'));
const Jobs = lazy(() => import('./pages/Jobs'));
const ServiceMap = lazy(() => import('./pages/ServiceMap'));
const Traces = lazy(() => import('./pages/Traces'));
const Trace = lazy(() => import('./pages/Trace'));
const Logs = lazy(() => import('./pages/Logs'));
const Metrics = lazy(() => import('./pages/Metrics'));
const Alerts = lazy(() => import('./pages/Alerts'));
const Instances = lazy(() => import('./pages/Instances'));
const Instance = lazy(() => import('./pages/Instance'));
const Host = lazy(() => import('./pages/Host'));
const Assess = lazy(() => import('./pages/Assess'));
const Portfolio = lazy(() => import('./pages/Portfolio'));
const Reports = lazy(() => import('./pages/Reports'));

const PAGES: Partial<Record<Page, Component>> = {
  overview: Overview,
  service: Subject,
  function: Subject,
  tmap: TMap,
  timeline: Timeline,
  calls: Calls,
  apis: Apis,
  api: Api,
  clients: Clients,
  client: Client,
  links: Links,
  link: Link,
  jobs: Jobs,
  map: ServiceMap,
  traces: Traces,
  trace: Trace,
  logs: Logs,
  metrics: Metrics,
  alerts: Alerts,
  instances: Instances,
  instance: Instance,
  host: Host,
  assess: Assess,
  portfolio: Portfolio,
  reports: Reports,
};

export function App() {
  const kind = createMemo(() => sessionState().kind);
  createEffect(() => {
    if (kind() === 'in' || kind() === 'unreachable') start();
    if (kind() === 'in') followAlerts();
  });
  createEffect(() => {
    document.documentElement.lang = language();
    document.title = [title(), status()?.platform, 'naru'].filter(Boolean).join(' · ');
  });
  return (
    <>
      <Switch fallback={<Frame />}>
        <Match when={kind() === 'asking'}>
          <Loading />
        </Match>
        <Match when={kind() === 'out'}>
          <SignIn />
        </Match>
      </Switch>
      <Tooltip />
    </>
  );
}

function Frame() {
  let main: HTMLElement | undefined;
  // A new page begins at its top, and with the keyboard in it.
  createEffect(
    on(
      () => `${route().page}/${route().name}`,
      () => {
        window.scrollTo(0, 0);
        main?.focus({ preventScroll: true });
      },
      { defer: true },
    ),
  );
  return (
    <>
      <button class="skip" onClick={() => main?.focus()}>
        {t().app.skip}
      </button>
      <Header />
      <StaleBar />
      <main ref={main} tabindex="-1">
        <ErrorBoundary fallback={(error: unknown) => <Empty text={t().app.broken} detail={String(error)} />}>
          <Suspense fallback={<Loading />}>
            <Show when={PAGES[route().page]} fallback={<Empty text={t().app.unknown} />} keyed>
              {(Page) => <Page />}
            </Show>
          </Suspense>
        </ErrorBoundary>
      </main>
      <Notices />
      <ItemHost />
    </>
  );
}

function title(): string {
  const { page, name } = route();
  if (page === 'service' || page === 'client' || page === 'api' || page === 'link' || page === 'instance') return name;
  if (page === 'function') return titled(functionNamed(name)?.title ?? {}, name);
  if (page === 'unknown') return '';
  return t().nav[page];
}
