/** Apdex (Apdex Technical Specification 1.1): satisfied + tolerating / 2, over all samples. */
import type { Apdex } from '../api/types';
import { NONE, number } from './format';

/** Ratings of the specification, 3.2. */
export type Rating = 'excellent' | 'good' | 'fair' | 'poor' | 'unacceptable';

export function samples(apdex: Apdex): number {
  return apdex.satisfied + apdex.tolerating + apdex.frustrated;
}

export function score(apdex: Apdex): number | null {
  const all = samples(apdex);
  return all > 0 ? (apdex.satisfied + apdex.tolerating / 2) / all : null;
}

/** Two places, `*` when fewer than 100 samples (specification, 3.1). */
export function printed(apdex: Apdex): string {
  const value = score(apdex);
  if (value === null) return NONE;
  return `${number(value, 2)}${samples(apdex) < 100 ? '*' : ''}`;
}

export function rating(value: number): Rating {
  if (value >= 0.94) return 'excellent';
  if (value >= 0.85) return 'good';
  if (value >= 0.7) return 'fair';
  if (value >= 0.5) return 'poor';
  return 'unacceptable';
}
