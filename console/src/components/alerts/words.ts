/** Owners, figures and forecasts in words, and where each leads. */
import type { Ahead, Alert, Text } from '../../api/alerts';
import { functionNamed } from '../../api/live';
import { serverNow } from '../../api/clock';
import { shown } from '../../lib/figure';
import { language, t, titled } from '../../lib/i18n';
import { href, type Page } from '../../lib/route';
import { duration, hourMinute } from '../../lib/time';

export function said(text: Text): string {
  return text[language()];
}

export function figureNamed(figure: string): string {
  return (t().alerts.figures as Record<string, string>)[figure] ?? figure;
}

/** `service:portal` as people call it. */
export function ownerNamed(owner: string): string {
  const [kind = '', name = ''] = owner.split(/:(.*)/s);
  const words = t().alerts.owners as Record<string, string>;
  if (kind === 'trace') return t().alerts.seeTrace;
  if (kind === 'function' && name !== '*') return titled(functionNamed(name)?.title ?? {}, name);
  return name === '*' ? (words[`each_${kind}`] ?? owner) : name || (words[owner] ?? owner);
}

const PAGES: Record<string, Page> = {
  service: 'service',
  function: 'function',
  instance: 'instance',
  link: 'link',
  caller: 'client',
  client: 'client',
  route: 'api',
  trace: 'trace',
};

/** Where to look at a subject, as the API writes it. */
export function whereIs(subject: string): string | undefined {
  const [kind = '', name = ''] = subject.split(/:(.*)/s);
  if (subject === 'host') return href('host');
  if (subject === 'platform' || subject === 'all') return href('overview');
  if (kind === 'revision') return href('service', name.split('/')[0]);
  if (kind === 'outside') return href('traces', '', { service: name });
  if (kind === 'status') return undefined;
  const page = PAGES[kind];
  return page && name ? href(page, name) : undefined;
}

/** `reaches 90 % in about 12 minutes (09:41, 09:36 to 09:55)`. */
export function aheadText(figure: string, threshold: number | null, { at, from, until }: Ahead): string {
  const words = t().alerts;
  const left = at - serverNow();
  const between =
    until === null
      ? words.aheadFrom(hourMinute(from * 1000))
      : words.aheadBetween(hourMinute(from * 1000), hourMinute(until * 1000));
  const value = threshold === null ? '' : shown(figure, threshold);
  return left <= 30 ? words.aheadNow(value) : words.ahead(value, duration(roughly(left)), between);
}

/** As exact as a forecast is. */
function roughly(left: number): number {
  if (left < 600) return Math.max(60, Math.round(left / 60) * 60);
  if (left < 7200) return Math.round(left / 300) * 300;
  return Math.round(left / 3600) * 3600;
}

export function lasted(alert: Alert): string {
  return duration((alert.resolved ?? serverNow() * 1e6) / 1e6 - alert.since / 1e6);
}
