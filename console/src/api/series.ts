/** Figures over time. */
import { get } from './client';
import type { Point } from './types';

/** `all`, `service:portal`, `function:approval`, `instance:portal-3-1`, `host`. From and to in seconds since 1970. */
export function series(subject: string, from: number, to: number, points: number, signal?: AbortSignal) {
  return get<Point[]>('series', { subject, from, to, points }, signal);
}
