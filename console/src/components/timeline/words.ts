/** Events in words, built from what they say in figures, in the language that is shown. */
import type { Decision, Event } from '../../api/types';
import { amount, winner } from '../../lib/decision';
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

export function actor(event: Event): string {
  return event.actor === 'naru' ? t().timeline.byItself : t().timeline.byPerson(event.actor);
}
