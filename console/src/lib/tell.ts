/** Events in the words of the language that is shown. What the server wrote stands beside it. */
import type { Event } from '../api/types';
import { line, reason } from './decision';
import { t } from './i18n';

/** In one line. */
export function told(event: Event): string {
  const words = t().notices;
  const id = event.instance;
  if (event.decision) return `${event.service ?? ''} ${line(event.decision)}`.trim();
  const kind = t().timeline.kinds[event.kind] ?? event.message;
  if (!id) return event.service ? `${event.service} ${kind}` : kind;
  switch (event.kind) {
    case 'instance_started':
      return words.started(id);
    case 'instance_ready':
      return words.ready(id);
    case 'instance_exited':
      return words.exited(id);
    case 'instance_unhealthy':
      return words.unhealthy(id);
    case 'instance_replaced':
      return words.replaced(id);
    case 'instance_removed':
      return words.removed(id);
    default:
      return `${id} ${kind}`;
  }
}

/** The same for an instance that a decision just before it brought or took: `portal-3-4 시작됨 · CPU 83% 때문에`. */
export function toldWithCause(event: Event, before: readonly Event[]): string {
  const text = told(event);
  if (event.decision || !event.service) return text;
  if (event.kind !== 'instance_started' && event.kind !== 'instance_removed') return text;
  const cause = before.findLast(
    (one) => one.service === event.service && one.decision && event.at - one.at < CAUSE_WITHIN && one.at <= event.at,
  );
  const why = cause?.decision && reason(cause.decision);
  return why ? `${text} · ${t().notices.because(why)}` : text;
}

/** Ten seconds, in microseconds. */
const CAUSE_WITHIN = 10_000_000;
