/** A scaling decision in words, built from what was seen and wanted, in the language that is shown. */
import type { By, Decision, Wish } from '../api/types';
import { number, percent, rate, seconds } from './format';
import { t } from './i18n';

/** `CPU 83% (목표 60%) · 3개 필요 → …` of the wish that won, or that has most to say. */
export function reason(decision: Decision): string | undefined {
  const wish = winner(decision);
  return wish ? seen(wish) : undefined;
}

/** The whole decision: from, to, every wish, every bound. */
export function explain(decision: Decision): string[] {
  const words = t().decision;
  const head = decision.from === decision.to ? words.keeps(decision.to) : words.change(decision.from, decision.to);
  const wishes = decision.wishes.map((wish) =>
    wish.wants === null ? seen(wish) : `${seen(wish)}: ${words.wants(wish.wants)}`,
  );
  return [head, ...wishes, ...decision.bounds.map((bound) => words.bound[bound] ?? bound)];
}

/** The change, why, and what bounded it, in one line. */
export function line(decision: Decision): string {
  const [head = ''] = explain(decision);
  const bounds = decision.bounds.map((bound) => t().decision.bound[bound] ?? bound);
  return [head, reason(decision), ...bounds].filter(Boolean).join(' · ');
}

/** The wish that wants most; the first one when none has a say. */
export function winner(decision: Decision): Wish | undefined {
  return decision.wishes.reduce<Wish | undefined>(
    (best, wish) => (best === undefined || (wish.wants ?? -1) > (best.wants ?? -1) ? wish : best),
    undefined,
  );
}

function seen(wish: Wish): string {
  const words = t().decision;
  const name = words.by[wish.by] ?? wish.by;
  if (wish.seen === null) return name;
  const value = amount(wish.by, wish.seen);
  if (wish.by === 'capacity' && wish.level !== null) return words.arriving(value, amount(wish.by, wish.level));
  return wish.level === null ? words.only(name, value) : words.seen(name, value, amount(wish.by, wish.level));
}

/** A figure in the unit of its policy. */
export function amount(by: By, value: number): string {
  switch (by) {
    case 'cpu':
      return percent(value);
    case 'rate':
    case 'capacity':
      return `${rate(value)}/s`;
    case 'p95':
      return seconds(value);
    case 'apdex':
      return number(value, 2);
    default:
      return number(value, 1, false);
  }
}
