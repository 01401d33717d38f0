/** The console in Korean, and by its type what every other language must have. */
import { apis, links } from './apis';
import * as monitoring from './alerts';
import * as app from './app';
import { assess, portfolio } from './assess';
import { calls } from './calls';
import { clients } from './clients';
import { data } from './data';
import { jobs } from './jobs';
import { overview } from './overview';
import { reports } from './reports';
import { actions, subject } from './subject';
import { timeline } from './timeline';
import { tmap } from './tmap';
import * as tracing from './traces';
import * as words from './words';

export const ko = {
  ...app,
  ...words,
  ...monitoring,
  ...tracing,
  overview,
  subject,
  actions,
  timeline,
  tmap,
  data,
  clients,
  apis,
  links,
  calls,
  jobs,
  assess,
  portfolio,
  reports,
};
