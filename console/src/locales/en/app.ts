import type * as ko from '../ko/app';

export const app: typeof ko.app = {
  skip: 'Skip to content',
  broken: 'This view could not be drawn',
  unknown: 'There is no such view',
  loading: 'Loading',
  close: 'Close',
  cancel: 'Cancel',
  live: 'Live',
  liveTip: 'Updated every second',
  disconnected: 'Disconnected · reconnecting',
  shownAge: (age) => `What is shown is ${age} old`,
  retry: 'Reconnect now',
  language: '한국어',
  languageTip: '한국어로 보기',
  toDark: 'Switch to dark',
  toLight: 'Switch to light',
  role: { viewer: 'viewer', operator: 'operator', admin: 'administrator' },
  signOut: (name: string, role: string) => `${name} · ${role} · press to sign out`,
};

export const nav: typeof ko.nav = {
  label: 'Main',
  overview: 'Overview',
  service: 'Service',
  function: 'Function',
  tmap: 'T-Map',
  timeline: 'Timeline',
  calls: 'Calls',
  apis: 'APIs',
  api: 'API',
  clients: 'Clients',
  client: 'Client',
  links: 'Links',
  link: 'Link',
  jobs: 'Jobs',
};

export const signIn: typeof ko.signIn = {
  title: 'Sign in',
  token: 'Access token',
  hint: 'The token that naru up printed at its first start, or one that an administrator gave you',
  enter: 'Sign in',
  refused: 'This token was not accepted. Ask an administrator for a new one',
  unreachable: 'The naru server cannot be reached',
};

export const time: typeof ko.time = {
  seconds: (n) => `${n} s`,
  minutes: (n) => `${n} min`,
  hours: (n) => `${n} h`,
  days: (n) => (n === 1 ? '1 day' : `${n} days`),
  range: 'Range',
  ranges: { '5m': '5 min', '15m': '15 min', '1h': '1 h', '6h': '6 h', '24h': '24 h', '7d': '7 days' },
};

export const notices: typeof ko.notices = {
  title: 'Notices',
  open: (n) => `Show notices (${n})`,
  none: 'No notices yet',
  dismiss: 'Dismiss',
  undo: 'Undo',
  by: (actor) => `by ${actor}`,
  started: (id) => `${id} started`,
  ready: (id) => `${id} is ready`,
  exited: (id) => `${id} ended`,
  unhealthy: (id) => `${id} does not answer`,
  replaced: (id) => `${id} was replaced`,
  removed: (id) => `${id} removed`,
  because: (reason) => `because of ${reason}`,
};
