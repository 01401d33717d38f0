/** The console in English. */
import type { ko } from '../ko';
import * as app from './app';
import { overview } from './overview';
import { actions, subject } from './subject';
import { timeline } from './timeline';
import { tmap } from './tmap';
import * as words from './words';

export const en: typeof ko = { ...app, ...words, overview, subject, actions, timeline, tmap };
