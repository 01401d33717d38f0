/** Assessing systems: questionnaires, verdicts, rankings. Every request brings all that is known; the server keeps nothing of it. */
import { get, made, post, upload } from './client';
import type { Language } from '../lib/i18n';

export type Choice = 'yes' | 'no' | 'unknown';
export const CHOICES: readonly Choice[] = ['yes', 'no', 'unknown'];

export interface SheetAnswer {
  answer: Choice;
  evidence: string;
}

/** What is known of one system. */
export interface Sheet {
  language: Language;
  system: string;
  name: string;
  public_service: Choice;
  cloud_target: SheetAnswer;
  renewal: SheetAnswer;
  self_check: Record<string, SheetAnswer>;
  figures: Record<string, number>;
  functions: { name: string; title: string; path: string; owner: string }[];
  links: { name: string; url: string }[];
}

export interface Question {
  /** 0 for what comes before the self-check. */
  number: number;
  key: string;
  text: string;
  indicator: string;
}

export interface AskedFigure {
  key: string;
  text: string;
  unit: string;
  least: number;
  most: number;
  whole: boolean;
}

export interface MaturitySide {
  side: 'application' | 'infrastructure';
  name: string;
  levels: string[];
  steps: { to: number; work: string; naru: string }[];
}

/** What is asked, and the words that verdicts are told in. */
export interface Questions {
  before: Question[];
  goals: { key: string; name: string; questions: Question[] }[];
  figures: AskedFigure[];
  adopt_from: number;
  outcomes: Record<string, string>;
  conclusions: Record<string, string>;
  traits: Record<string, string>;
  maturity: MaturitySide[];
  priority: string;
}

export type Source = 'figures' | 'log';

/** An answer of the self-check with what it rests on. */
export interface Judged {
  number: number;
  key: string;
  given: Choice;
  counted: Choice;
  filled_by: Source | null;
  proofs: { source: Source; proves: Choice; text: string }[];
  contradicted: boolean;
}

export interface Grade {
  value: number;
  estimated: boolean;
}

export interface Course {
  today: number | null;
  wanted: number;
  given: boolean;
}

export interface Verdict {
  outcome: string | null;
  possible: string[];
  yes: number;
  no: number;
  unknown: number;
  goals: { goal: string; yes: number; no: number; unknown: number }[];
  answers: Judged[];
  changes: string[];
  suits: { conclusion: string; traits: { what: string; holds: Choice; why: string }[] };
  priority: { size: Grade | null; complexity: Grade | null; scalability: Grade | null; score: number | null };
  maturity: Record<MaturitySide['side'], Course>;
}

/** What an access log says, as far as it is shown here; the rest goes back to the server as it came. */
export interface Findings {
  sources: { lines: number; broken: number };
  period: { days: number } | null;
  volume: { requests: number };
  users: { median_day: number };
  hours: unknown[];
  functions: { name: string; splitting: string }[];
}

export interface Request {
  questionnaire?: Sheet;
  yaml?: string;
  /** One of a table's systems, as the ranking's `given` counts them. */
  table?: { text: string; given: number };
  language?: Language;
  findings?: Findings | undefined;
}

export interface Assessed {
  questionnaire: Sheet;
  yaml: string;
  verdict: Verdict;
}

export type Kind = 'verdict' | 'target' | 'tender';
export type Format = 'html' | 'pdf' | 'docx' | 'csv';

export interface RankedSystem {
  rank: number | null;
  /** Which of the table's systems it is, from 1. */
  given: number;
  system: string;
  name: string;
  outcome: string | null;
  possible: string[];
  yes: number;
  no: number;
  unknown: number;
  size: Grade | null;
  complexity: Grade | null;
  scalability: Grade | null;
  score: number | null;
}

export interface Ranking {
  systems: RankedSystem[];
  broken: { line: number; what: string }[];
}

export const questions = (language: Language, signal?: AbortSignal) =>
  get<Questions>('assessments/questions', { language }, signal);

export const assess = (request: Request, signal?: AbortSignal) =>
  post<Assessed>('assessments/verdict', request, signal);

export const printed = (request: Request, kind: Kind, format: Format | undefined) =>
  made('assessments/report', { kind, format }, request);

export const analyse = (log: Blob, language: Language) => upload<Findings>('assessments/logs', { language }, log);

export const ranked = (table: string, language: Language, signal?: AbortSignal) =>
  post<Ranking>('assessments/portfolio', { table, language }, signal);

export const rankedFile = (table: string, language: Language, format: Format) =>
  made('assessments/portfolio', { format }, { table, language });
