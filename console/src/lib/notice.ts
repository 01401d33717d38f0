/** What people are told in passing: instances that come and go, what they did themselves and how to undo it. */
import { createSignal } from 'solid-js';
import type { Severity } from '../api/types';

export interface Notice {
  id: number;
  severity: Severity;
  text: string;
  detail?: string;
  undo?: () => void | Promise<void>;
}

/** How long one stays, in milliseconds; longer when there is something to undo or to read. */
const SHOWN = 6000;
const SHOWN_LONG = 20_000;
/** More at once would cover the page. The log has them all. */
const AT_ONCE = 4;

const [notices, setNotices] = createSignal<Notice[]>([]);
export { notices };

let last = 0;

/** What is being said already is not said again. */
export function notify(notice: Omit<Notice, 'id'>): void {
  if (!notice.undo && notices().some((one) => one.text === notice.text)) return;
  last += 1;
  const id = last;
  setNotices((all) => fitting([...all, { ...notice, id }]));
  window.setTimeout(() => dismiss(id), notice.undo || notice.severity === 'error' ? SHOWN_LONG : SHOWN);
}

export function dismiss(id: number): void {
  setNotices((all) => all.filter((notice) => notice.id !== id));
}

/** The oldest goes first; what can be undone stays as long as there is something else to go. */
function fitting(all: Notice[]): Notice[] {
  if (all.length <= AT_ONCE) return all;
  const going = all.find((notice) => !notice.undo) ?? all[0];
  return all.filter((notice) => notice !== going);
}
