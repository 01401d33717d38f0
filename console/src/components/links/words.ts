/** How a linked system is, in a word. */
import type { TallyRow } from '../../api/managed';
import type { LinkStatus } from '../../api/types';
import type { Level } from '../../lib/health';
import { t } from '../../lib/i18n';

const LEVELS: Record<LinkStatus['state'], Level> = { up: 'good', unresolved: 'bad', down: 'bad', broken: 'bad' };

export function stateOf(link: LinkStatus): { level: Level; word: string; tip: string } {
  const words = t().links;
  const failing = link.state === 'up' && link.traffic.error_ratio >= 0.05;
  const word = failing ? words.failing : words.states[link.state];
  const tip = failing ? words.failingTip : words.stateTips[link.state];
  return { level: failing ? 'warn' : LEVELS[link.state], word, tip };
}

/**
 * Calls that a link failed and that were answered well all the same: by its fallback or from a cache. By link, from sums by
 * service and status.
 */
export function savedBy(rows: readonly TallyRow[]): Map<string, number> {
  const saved = new Map<string, number>();
  for (const { key, service_errors } of rows) {
    const [name = '', status = ''] = key;
    if (Number(status) < 400) saved.set(name, (saved.get(name) ?? 0) + service_errors);
  }
  return saved;
}

/** The worst first, then by name. */
export function byTrouble(links: readonly LinkStatus[]): LinkStatus[] {
  const weight = { bad: 0, warn: 1, busy: 2, good: 3 };
  return [...links].sort((a, b) => weight[stateOf(a).level] - weight[stateOf(b).level] || a.name.localeCompare(b.name));
}
