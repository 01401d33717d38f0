/** What the analysis found, in words. */
import type { CallsReport, Mover } from '../../api/managed';
import { number, percent } from '../../lib/format';
import { t } from '../../lib/i18n';

/** +42%, −8%, ×12, new, gone. */
export function movedText({ requests, before }: Mover): string {
  if (before === 0) return t().calls.isNew;
  if (requests === 0) return t().calls.isGone;
  const times = requests / before;
  if (times >= 3) return `×${number(times, times < 9.95 ? 1 : 0)}`;
  const sign = times >= 1 ? '+' : '−';
  return `${sign}${number(Math.abs(times - 1) * 100)}%`;
}

/** What is unlike usual, from the figures; in the server's own words where there are none here. */
export function unusualText({ what, usual, now, why }: CallsReport['unusual'][number]): string {
  const words = t().calls.habits;
  switch (what) {
    case 'errors':
      return words.errors(percent(usual), percent(now));
    case 'calls':
    case 'addresses':
    case 'hours':
      return words[what](number(usual), number(now));
    default:
      return why;
  }
}

/** With which stretch of time it was compared. */
export function comparedText({ from, to, before_from }: CallsReport): string {
  const words = t().calls.compared;
  if (before_from === null) return words.nothing;
  const days = (from - before_from) / 86_400;
  if (days === 7) return words.week;
  return days === 1 && to - from < 86_400 ? words.day : words.just;
}
