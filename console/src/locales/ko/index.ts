/** The console in Korean, and by its type what every other language must have. */
import { apis, links } from './apis';
import * as app from './app';
import { calls } from './calls';
import { clients } from './clients';
import { data } from './data';
import { jobs } from './jobs';
import { overview } from './overview';
import { actions, subject } from './subject';
import { timeline } from './timeline';
import { tmap } from './tmap';
import * as words from './words';

export const ko = {
  ...app,
  ...words,
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
};
