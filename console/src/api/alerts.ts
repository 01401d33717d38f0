/** What is watched, what was found, and whom it was told (`naru_model::alert` as serde writes it). */
import { createSignal } from 'solid-js';
import { get, post, remove } from './client';
import type { Timestamp } from './types';

export type AlertSeverity = 'warning' | 'critical';

/** In both languages of the console. */
export interface Text {
  ko: string;
  en: string;
}

export interface Cause {
  text: Text;
  /** A subject, route, link, revision or trace, as the API writes it. */
  subject: string;
  /** 0 to 1. */
  support: number;
  /** Seconds since 1970. */
  moved_at: number | null;
}

export interface Explanation {
  means: Text;
  now: number | null;
  hour_ago: number | null;
  day_ago: number | null;
  week_ago: number | null;
  causes: Cause[];
  what_to_do: Text[];
}

/** When something will be, in seconds since 1970. */
export interface Ahead {
  at: number;
  from: number;
  until: number | null;
  probability: number;
}

export interface Alert {
  id: number;
  item: string;
  owner: string;
  when: string;
  figure: string;
  severity: AlertSeverity;
  since: Timestamp;
  resolved: Timestamp | null;
  acknowledged: [Timestamp, string] | null;
  silenced: boolean;
  value: number;
  worst: number;
  threshold: number | null;
  ahead: Ahead | null;
  explanation: Explanation;
}

export interface AlertItem {
  name: string;
  of: string;
  when: string;
  severity: AlertSeverity;
  notify: string[];
  origin: 'naru' | 'file' | 'registered';
  /** Why it is not watched as it stands. */
  problem: string | null;
}

export interface Silence {
  id: number;
  owner: string | null;
  item: string | null;
  from: Timestamp;
  until: Timestamp;
  why: string;
  by: string;
}

export type Reason = 'first' | 'worse' | 'resolved' | 'escalated' | 'trial' | 'report';

export interface SentNotice {
  id: number;
  at: Timestamp;
  channel: string;
  reason: Reason;
  alerts: number[];
  subject: string;
  text: string;
  state: 'waiting' | 'sent' | 'failed';
  attempts: number;
  error: string | null;
}

export interface Channel {
  name: string;
  way: string;
  to: string;
  severity: AlertSeverity;
}

export interface Forecast {
  owner: string;
  figure: string;
  value: number;
  /** `null`: nobody asked when it will be crossed. */
  threshold: number | null;
  item: string | null;
  ahead: Ahead | null;
  surprise: number;
}

export interface AlertSearch {
  open?: boolean | undefined;
  owner?: string | undefined;
  limit?: number | undefined;
}

export const alerts = (search: AlertSearch, signal?: AbortSignal) => get<Alert[]>('alerts', { ...search }, signal);
export const acknowledge = (id: number) => post<Alert>(`alerts/${id}/acknowledge`, undefined);

export const alertItems = (signal?: AbortSignal) => get<AlertItem[]>('alert-items', {}, signal);
export const setItem = (item: Omit<AlertItem, 'origin' | 'problem'>) => post<unknown>('alert-items', item);
export const removeItem = (name: string) => remove(`alert-items/${encodeURIComponent(name)}`);

export const silences = (signal?: AbortSignal) => get<Silence[]>('silences', {}, signal);
export const endSilence = (id: number) => remove(`silences/${id}`);

/** From now on, so many seconds. */
export function silence(of: Pick<Silence, 'owner' | 'item' | 'why'> & { seconds: number }): Promise<unknown> {
  return post('silences', of);
}

export const sentNotices = (limit: number, signal?: AbortSignal) => get<SentNotice[]>('notices', { limit }, signal);
export const channels = (signal?: AbortSignal) => get<Channel[]>('channels', {}, signal);
export const tryChannel = (name: string) => post<SentNotice>(`channels/${encodeURIComponent(name)}/trial`, undefined);

export function explanation(owner: string, figure: string, signal?: AbortSignal): Promise<Explanation> {
  return get<Explanation>('explanation', { owner, figure }, signal);
}

/** Asked for again so often, in milliseconds: every page shows how many there are. */
const EVERY = 10_000;

const [open, setOpen] = createSignal<Alert[]>([]);
const [ahead, setAhead] = createSignal<Forecast[]>([]);
export { open as openAlerts };

let timer: number | undefined;

/** Begins to follow what is open and what is to come; once there is a session. */
export function followAlerts(): void {
  clearTimeout(timer);
  const round = async () => {
    // One that fails leaves what was there; the bar on top says that there is no connection.
    if (!document.hidden)
      await Promise.all([
        alerts({ open: true, limit: 1000 }).then(setOpen, () => undefined),
        get<Forecast[]>('forecasts').then(setAhead, () => undefined),
      ]);
    // The pace of asking: readings are judged each ten seconds, and nothing tells a page of it.
    timer = window.setTimeout(() => void round(), EVERY);
  };
  void round();
}

/** Asks at once: something was changed. */
export const again = followAlerts;

/** What the figures of somebody are about to reach, likely enough to say so: of each the first threshold. */
export function forecastsOf(owner: string): Forecast[] {
  const first = new Map<string, Forecast>();
  for (const one of ahead()) {
    if (one.owner !== owner || one.ahead === null) continue;
    const before = first.get(one.figure);
    if (!before || one.ahead.at < before.ahead!.at) first.set(one.figure, one);
  }
  return [...first.values()];
}

export function forecastOf(owner: string, figure: string): Forecast | undefined {
  return forecastsOf(owner).find((one) => one.figure === figure);
}

export function alertsOf(owner: string): Alert[] {
  return open().filter((one) => one.owner === owner);
}
