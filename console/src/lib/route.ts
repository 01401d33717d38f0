/**
 * Which view the address names: `#/services/portal?range=15m&lang=ko`. It lies behind the `#`, so that the server has one page
 * to serve and the console works under any prefix.
 */
import { createSignal } from 'solid-js';

export type Page =
  | 'overview'
  | 'service'
  | 'function'
  | 'tmap'
  | 'timeline'
  | 'calls'
  | 'apis'
  | 'api'
  | 'clients'
  | 'client'
  | 'links'
  | 'link'
  | 'jobs'
  | 'map'
  | 'traces'
  | 'trace'
  | 'logs'
  | 'metrics'
  | 'alerts'
  | 'instances'
  | 'instance'
  | 'host'
  | 'assess'
  | 'portfolio'
  | 'reports'
  | 'unknown';

export interface Route {
  page: Page;
  /** Of what the page is, where there are several of its kind. */
  name: string;
  params: URLSearchParams;
}

const [route, setRoute] = createSignal<Route>(parse(location.hash), { equals: false });
export { route };

window.addEventListener('hashchange', () => setRoute(parse(location.hash)));

export function params(): URLSearchParams {
  return route().params;
}

/** The address of a view. Parameters that are undefined are left out; the language stays in it when it is in it now. */
export function href(page: Page, name = '', query: Record<string, string | undefined> = {}): string {
  const all = new URLSearchParams();
  const language = params().get('lang');
  if (language) all.set('lang', language);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) all.set(key, value);
  return format({ page, name, params: all });
}

export function go(to: string): void {
  location.hash = to;
}

/** Changes one parameter of this view; without one when `undefined`. A view's settings leave no trail in the history. */
export function setParam(key: string, value: string | undefined): void {
  setParams({ [key]: value });
}

export function setParams(changes: Record<string, string | undefined>): void {
  const now = route();
  const next = new URLSearchParams(now.params);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(key);
    else next.set(key, value);
  }
  const changed = { ...now, params: next };
  history.replaceState(null, '', format(changed));
  setRoute(changed);
}

function parse(hash: string): Route {
  // A token for api/session.ts, which takes it out of the address.
  if (hash.startsWith('#token=')) return parse('');
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [head = '', ...more] = path.split('/');
  const rest = more.join('/');
  return { page: pageOf(head, rest), name: decode(rest), params: new URLSearchParams(query) };
}

function pageOf(head: string, rest: string): Page {
  switch (head) {
    case '':
      return 'overview';
    case 'services':
      return rest ? 'service' : 'unknown';
    case 'functions':
      return rest ? 'function' : 'unknown';
    case 'apis':
      return rest ? 'api' : 'apis';
    case 'clients':
      return rest ? 'client' : 'clients';
    case 'links':
      return rest ? 'link' : 'links';
    case 'traces':
      return rest ? 'trace' : 'traces';
    case 'instances':
      return rest ? 'instance' : 'instances';
    case 'map':
    case 'logs':
    case 'metrics':
    case 'alerts':
    case 'host':
    case 'tmap':
    case 'timeline':
    case 'calls':
    case 'jobs':
    case 'assess':
    case 'portfolio':
    case 'reports':
      return head;
    default:
      return 'unknown';
  }
}

function format({ page, name, params: all }: Route): string {
  const paths: Record<Page, string> = {
    overview: '',
    service: `services/${encodeURIComponent(name)}`,
    function: `functions/${encodeURIComponent(name)}`,
    tmap: 'tmap',
    timeline: 'timeline',
    calls: 'calls',
    apis: 'apis',
    api: `apis/${encodeURIComponent(name)}`,
    clients: 'clients',
    client: `clients/${encodeURIComponent(name)}`,
    links: 'links',
    link: `links/${encodeURIComponent(name)}`,
    jobs: 'jobs',
    map: 'map',
    traces: 'traces',
    trace: `traces/${encodeURIComponent(name)}`,
    logs: 'logs',
    metrics: 'metrics',
    alerts: 'alerts',
    instances: 'instances',
    instance: `instances/${encodeURIComponent(name)}`,
    host: 'host',
    assess: 'assess',
    portfolio: 'portfolio',
    // `daily/2026-11-20`: two parts of the path.
    reports: name ? `reports/${name}` : 'reports',
    unknown: name,
  };
  const query = all.toString();
  return `#/${paths[page]}${query ? `?${query}` : ''}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
