/**
 * How much trouble a service or function is in, for users first: no ready instance, then errors, then Apdex, then instances
 * that keep ending, then requests that wait, then everything that heals by itself.
 */
import type { FunctionStatus, ServiceStatus, Traffic } from '../api/types';
import { samples, score } from './apdex';

export type Level = 'bad' | 'warn' | 'busy' | 'good';

/** A key of the dictionary's `health`. */
export type Complaint =
  | 'down'
  | 'errors'
  | 'frustrated'
  | 'crashing'
  | 'waiting'
  | 'slow'
  | 'unhealthy'
  | 'no_room'
  | 'starting'
  | 'rollout'
  | 'good'
  | 'idle';

export interface Health {
  level: Level;
  complaint: Complaint;
  /** More is worse; within one complaint by how bad it is. */
  weight: number;
}

/** Errors of this share and above are an alarm, and from the second on a warning. */
const ERRORS_BAD = 0.05;
const ERRORS_WARN = 0.01;
/** Apdex below which users are frustrated or merely slow, by the specification's ratings "poor" and "good". */
const APDEX_BAD = 0.7;
const APDEX_WARN = 0.85;
/** Fewer requests say nothing about users. */
const ENOUGH = 10;

/** How a share of errors is shown; undefined when it is nothing to look at. */
export function errorsTone(share: number): 'bad' | 'warn' | undefined {
  return share >= ERRORS_BAD ? 'bad' : share >= ERRORS_WARN ? 'warn' : undefined;
}

/** How an Apdex is shown, likewise; null: there is none. */
export function apdexTone(value: number | null): 'bad' | 'warn' | undefined {
  return value === null || value >= APDEX_WARN ? undefined : value < APDEX_BAD ? 'bad' : 'warn';
}

export function healthOfService(service: ServiceStatus): Health {
  if (service.ready === 0 && service.desired > 0) return { level: 'bad', complaint: 'down', weight: 1000 };
  const felt = healthOfTraffic(service.traffic);
  const crashing = service.instances.some((one) => one.restarts >= 3 && one.state === 'starting');
  const failing = service.instances.filter((one) => one.state === 'unhealthy' || one.state === 'ejected').length;
  const others: Health[] = [felt];
  if (crashing) others.push({ level: 'warn', complaint: 'crashing', weight: 600 });
  if (failing > 0) others.push({ level: 'warn', complaint: 'unhealthy', weight: 450 + failing });
  if (service.scaling.no_room) others.push({ level: 'warn', complaint: 'no_room', weight: 400 });
  if (service.ready < service.desired) others.push({ level: 'busy', complaint: 'starting', weight: 200 });
  if (service.revision !== service.stable) others.push({ level: 'busy', complaint: 'rollout', weight: 100 });
  return worst(others);
}

export function healthOfFunction(one: FunctionStatus, services: readonly ServiceStatus[]): Health {
  const behind = services.filter((service) => one.services.includes(service.name));
  if (behind.length > 0 && behind.every((service) => service.ready === 0))
    return { level: 'bad', complaint: 'down', weight: 1000 };
  return healthOfTraffic(one.traffic);
}

function healthOfTraffic(traffic: Traffic): Health {
  const found: Health[] = [];
  const value = score(traffic.apdex);
  const told = samples(traffic.apdex) >= ENOUGH;
  if (told && traffic.error_ratio >= ERRORS_WARN)
    found.push({
      level: traffic.error_ratio >= ERRORS_BAD ? 'bad' : 'warn',
      complaint: 'errors',
      weight: (traffic.error_ratio >= ERRORS_BAD ? 800 : 640) + traffic.error_ratio * 100,
    });
  if (told && value !== null && value < APDEX_BAD)
    found.push({ level: 'bad', complaint: 'frustrated', weight: 700 + (1 - value) * 100 });
  else if (told && value !== null && value < APDEX_WARN)
    found.push({ level: 'warn', complaint: 'slow', weight: 470 + (1 - value) * 100 });
  if (traffic.waiting > 0)
    found.push({ level: 'warn', complaint: 'waiting', weight: 500 + Math.min(traffic.waiting, 90) });
  const quiet = traffic.requests_per_second === 0 && traffic.in_flight === 0;
  found.push({ level: 'good', complaint: quiet ? 'idle' : 'good', weight: 0 });
  return worst(found);
}

function worst(all: readonly Health[]): Health {
  return all.reduce((worse, one) => (one.weight > worse.weight ? one : worse));
}
