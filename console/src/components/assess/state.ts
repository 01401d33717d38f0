/** The system that is being assessed: it outlives the page and, in this browser, the tab. */
import { createSignal } from 'solid-js';
import { createStore } from 'solid-js/store';
import type { Assessed, Findings } from '../../api/assess';
import { forget, remember, remembered } from '../../lib/storage';
import { kept, nothing, type Draft } from './draft';

const DRAFT = 'assess.draft';
const LOG = 'assess.log';

/** What a log showed, and the file that it was. */
export interface LogFile {
  name: string;
  findings: Findings;
}

const [draft, setDraft] = createStore<Draft>(kept(remembered(DRAFT)) ?? nothing());
const [log, setSignal] = createSignal<LogFile | undefined>(keptLog());
const [assessed, setAssessed] = createSignal<Assessed>();
/** Whether this browser kept the last change. */
const [keeps, setKeeps] = createSignal(true);
export { assessed, draft, keeps, log, setAssessed, setDraft };

export function keep(): void {
  setKeeps(remember(DRAFT, JSON.stringify(draft)));
}

export function setLog(next: LogFile | undefined): void {
  setSignal(next);
  if (!next) forget(LOG);
  else if (!remember(LOG, JSON.stringify(next))) setKeeps(false);
}

/** Puts another system in the place of this one; returns how to take that back. */
export function replace(next: Draft, nextLog: LogFile | undefined): () => void {
  const before = { draft: JSON.parse(JSON.stringify(draft)) as Draft, log: log() };
  setDraft(next);
  setLog(nextLog);
  return () => void replace(before.draft, before.log);
}

function keptLog(): LogFile | undefined {
  try {
    const found = JSON.parse(remembered(LOG) ?? '') as LogFile;
    return found.findings.volume ? found : undefined;
  } catch {
    return undefined;
  }
}
