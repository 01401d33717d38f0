/** Apdex (Apdex Technical Specification 1.1): satisfied + tolerating / 2, over all samples. */
import type { Apdex } from '../api/types';
import { number } from './format';

export function samples(apdex: Apdex): number {
  return apdex.satisfied + apdex.tolerating + apdex.frustrated;
}

export function score(apdex: Apdex): number | null {
  const all = samples(apdex);
  return all > 0 ? (apdex.satisfied + apdex.tolerating / 2) / all : null;
}

/** As the specification prints it: two places, `*` when fewer than 100 samples, `NS` without any. */
export function printed(apdex: Apdex): string {
  const value = score(apdex);
  if (value === null) return 'NS';
  return `${number(value, 2)}${samples(apdex) < 100 ? '*' : ''}`;
}
