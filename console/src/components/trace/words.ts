/** Colours and words of traces and log lines. */
import type { Attributes, Work } from '../../api/traces';
import { seconds } from '../../lib/format';
import type { Level } from '../../lib/health';
import { t } from '../../lib/i18n';
import type { Blame, Row, Waterfall } from '../../lib/waterfall';

/** As many as can be told apart; the name stands beside each. */
const COLOURS = 8;

/** A service's colour within a trace: by its place among those that took part. */
export function colourOf(of: Pick<Waterfall, 'services'>, service: string): string {
  const place = of.services.indexOf(service);
  return place < 0 ? 'var(--text-3)' : `var(--part-${place % COLOURS})`;
}

export function workNamed(work: Row['work']): string {
  return work === 'gateway' ? t().trace.gateway : t().trace.works[work as Work];
}

/** Where the time went, in one sentence. */
export function blameText(blame: Blame, all: number): string {
  const share = Math.round((blame.seconds / (all || 1)) * 100);
  const words = t().trace;
  const who = blame.work === 'gateway' ? words.gateway : blame.service;
  return words.spent(who, blame.name, seconds(blame.seconds), share, blame.times);
}

/** Source: OpenTelemetry's SeverityNumber: four numbers to each name. */
const NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

export function severityNamed(severity: number): string {
  return severity > 0 ? (NAMES[Math.floor((severity - 1) / 4)] ?? '') : '';
}

export function severityLevel(severity: number): Level {
  if (severity >= 17) return 'bad';
  return severity >= 13 ? 'warn' : severity >= 9 ? 'good' : 'busy';
}

/** Attributes as they are written: by name, what is no text as JSON. */
export function pairs(attributes: Attributes): [string, string][] {
  return Object.entries(attributes ?? {})
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]);
}
