/** The platform as it is: one status a second, and every event. What is shown is never older than it says. */
import { createSignal } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { address, get } from './client';
import { heard } from './clock';
import { remember } from './recent';
import { follow, type Stream } from './stream';
import type { Event, FunctionStatus, LinkStatus, ServiceStatus, Status } from './types';

/** Without news for so long, what is shown is called old, in milliseconds. */
const OLD_AFTER = 3500;
const KEPT_EVENTS = 500;
/** Of a service with more instances than this each one is taken as a whole: to compare every figure would take longer than a frame. */
const COMPARED = 64;

/** What is no plain object is not looked into by the store. */
class Whole {}

const [store, setStore] = createStore<{ status: Status | undefined }>({ status: undefined });
const [events, setEvents] = createSignal<Event[]>([]);
const [arrivedAt, setArrivedAt] = createSignal(0);
const [now, setNow] = createSignal(Date.now());
export { events };

let statusStream: Stream | undefined;
let eventStream: Stream | undefined;
let lastEvent: number | undefined;
const listeners = new Set<(event: Event) => void>();

export function status(): Status | undefined {
  return store.status;
}

export function serviceNamed(name: string): ServiceStatus | undefined {
  return store.status?.services.find((service) => service.name === name);
}

export function functionNamed(name: string): FunctionStatus | undefined {
  return store.status?.functions.find((one) => one.name === name);
}

export function linkNamed(name: string): LinkStatus | undefined {
  return store.status?.links.find((one) => one.name === name);
}

/** Seconds since the last news, while there is none; `undefined` while figures are live. */
export function staleFor(): number | undefined {
  if (arrivedAt() === 0) return undefined;
  const age = now() - arrivedAt();
  return (statusStream && !statusStream.open()) || age > OLD_AFTER ? Math.round(age / 1000) : undefined;
}

/** Calls back for every event from now on, not for those of before. Returns how to stop that. */
export function onEvent(listener: (event: Event) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begins to follow; once there is a session. */
export function start(): void {
  if (statusStream) {
    statusStream.retry();
    eventStream?.retry();
    return;
  }
  window.setInterval(() => setNow(Date.now()), 1000);
  statusStream = follow<Status>(() => address('status', { follow: true }), take);
  void startEvents();
}

export function reconnect(): void {
  statusStream?.retry();
  eventStream?.retry();
}

async function startEvents(): Promise<void> {
  try {
    const before = await get<Event[]>('events', { limit: 100 });
    lastEvent = before.at(-1)?.id ?? 0;
    setEvents(before);
  } catch {
    // The stream below begins with the newest ones all the same.
  }
  eventStream = follow<Event>(
    () => address('events', { follow: true, after: lastEvent }),
    (event) => {
      if (lastEvent !== undefined && event.id <= lastEvent) return;
      lastEvent = event.id;
      setEvents((all) => [...all, event].slice(-KEPT_EVENTS));
      for (const listener of listeners) listener(event);
    },
  );
}

function take(status: Status): void {
  heard(status.at);
  remember(status);
  setNow(Date.now());
  setArrivedAt(Date.now());
  for (const { instances } of status.services)
    if (instances.length > COMPARED) for (const one of instances) Object.setPrototypeOf(one, Whole.prototype);
  // Rows keep their identity by this key, so that what has not changed is not drawn again.
  for (const one of [...status.services, ...status.functions, ...status.links]) (one as { id?: string }).id = one.name;
  setStore('status', reconcile(status, { key: 'id' }));
}
