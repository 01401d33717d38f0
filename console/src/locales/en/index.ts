/** The console in English. */
import type { ko } from '../ko';
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

export const en: typeof ko = {
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
