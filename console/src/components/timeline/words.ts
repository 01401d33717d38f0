/** Events in words, built from what they say in figures, in the language that is shown. */
import type { By, Decision, Event, Wish } from '../../api/types';
import { number, percent, rate, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';

/** What happened, in a few words. */
export function headline(event: Event): string {
  const words = t().timeline;
  if (event.decision) {
    const { from, to } = event.decision;
    return to > from ? words.grown(from, to) : to < from ? words.shrunk(from, to) : words.kept(to);
  }
  const name = words.kinds[event.kind] ?? event.kind;
  return event.instance ? `${name} · ${event.instance}` : name;
}

/** Why, in one sentence. */
export function why(event: Event): string {
  return event.decision ? because(event.decision) : (t().timeline.explained[event.kind] ?? '');
}

/** By the wish that won. */
function because(decision: Decision): string {
  const words = t().timeline;
  const wish = winner(decision);
  if (!wish) return words.noWish;
  const reason = words.because[wish.by];
  const seen = wish.seen === null ? undefined : amount(wish.by, wish.seen);
  const level = wish.level === null ? undefined : amount(wish.by, wish.level);
  const text = reason(seen, level);
  return wish.wants === null ? text : `${text} ${words.soWants(wish.wants)}`;
}

/** The one that wants most. */
export function winner(decision: Decision): Wish | undefined {
  return decision.wishes.reduce<Wish | undefined>(
    (best, wish) => (wish.wants !== null && wish.wants > (best?.wants ?? -1) ? wish : best),
    undefined,
  );
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
      return number(value, 2, false);
  }
}

export function actor(event: Event): string {
  return event.actor === 'naru' ? t().timeline.byItself : t().timeline.byPerson(event.actor);
}
