/** Reports on service levels: which there are, one of them as a file, and sending it. */
import { address, get, post } from './client';
import type { Language } from '../lib/i18n';

export type ReportKind = 'daily' | 'weekly' | 'monthly';
export const KINDS: readonly ReportKind[] = ['daily', 'weekly', 'monthly'];
export type ReportResult = 'met' | 'missed' | 'no-goal' | 'no-data';

export interface ListedReport {
  kind: ReportKind;
  /** The first day of the period. */
  date: string;
  from: number;
  to: number;
  /** Whether the period is over. */
  complete: boolean;
  result: ReportResult;
  availability: number | null;
  apdex: number | null;
  requests: number;
  sent: { to: string; at: number; state: 'waiting' | 'sent' | 'failed' }[];
}

export interface OneReport {
  kind: ReportKind;
  date: string;
}

export type ReportFormat = 'html' | 'pdf' | 'docx';

export const reports = (signal?: AbortSignal) => get<{ reports: ListedReport[] }>('reports', {}, signal);

/** Where one is, of everything or of one `function:NAME` or `service:NAME`. */
export function reportAt(one: OneReport, of: string, format: ReportFormat, language: Language): string {
  const at = of.indexOf(':');
  const subject = at < 0 ? {} : { [of.slice(0, at)]: of.slice(at + 1) };
  return address(`reports/${one.kind}/${one.date}`, { format, language, ...subject });
}

export const sendReport = (one: OneReport, to: string) => post<unknown>(`reports/${one.kind}/${one.date}/send`, { to });
