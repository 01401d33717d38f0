/** The console in Korean, and by its type what every other language must have. */
import * as app from './app';
import { overview } from './overview';
import { actions, subject } from './subject';
import { timeline } from './timeline';
import { tmap } from './tmap';
import * as words from './words';

export const ko = { ...app, ...words, overview, subject, actions, timeline, tmap };
