/** What somebody writes into the form of a system, and the questionnaire that it stands for. */
import type { AskedFigure, Choice, Sheet, SheetAnswer } from '../../api/assess';
import type { Language } from '../../lib/i18n';

export interface Draft {
  system: string;
  name: string;
  publicService: Choice;
  /** By the questions' keys, those before the self-check among them. */
  answers: Record<string, SheetAnswer>;
  /** As they are written; empty: not known. */
  figures: Record<string, string>;
  functions: Sheet['functions'];
  links: Sheet['links'];
}

/** What a system is called in files as long as nobody says. */
const NAMELESS = 'my-system';
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST_NAME = 40;

export function nothing(): Draft {
  return { system: '', name: '', publicService: 'unknown', answers: {}, figures: {}, functions: [], links: [] };
}

export function isName(text: string): boolean {
  return text.length <= LONGEST_NAME && NAME.test(text);
}

/** A short name out of what people call the system, as far as that has Latin letters. */
export function nameOf(system: string): string {
  const parts = system.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const name = parts
    .join('-')
    .replace(/^[0-9-]+/, '')
    .slice(0, LONGEST_NAME)
    .replace(/-+$/, '');
  return isName(name) ? name : '';
}

/** A number as people write it: `1,600,000`. */
export function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text.replace(/[,_\s]/g, ''));
}

/** Nothing is right: it is not known then. */
export function isRight(figure: AskedFigure, text: string): boolean {
  if (text.trim() === '') return true;
  const value = numberOf(text);
  return value >= figure.least && value <= figure.most && (!figure.whole || Number.isInteger(value));
}

export type Wrong = 'name' | 'functions' | 'links' | `figures.${string}`;

/** Everything that can't be sent as it stands. */
export function wrongs(draft: Draft, figures: readonly AskedFigure[]): Wrong[] {
  const wrong: Wrong[] = [];
  if (draft.name !== '' && !isName(draft.name)) wrong.push('name');
  for (const figure of figures)
    if (!isRight(figure, draft.figures[figure.key] ?? '')) wrong.push(`figures.${figure.key}`);
  if (draft.functions.some((one) => !isFunction(one)) || twice(draft.functions)) wrong.push('functions');
  if (draft.links.some((one) => !isLink(one)) || twice(draft.links)) wrong.push('links');
  return wrong;
}

export function isFunction(one: Sheet['functions'][number]): boolean {
  return isName(one.name) && /^\/\S*$/.test(one.path);
}

export function isLink(one: Sheet['links'][number]): boolean {
  return isName(one.name) && /^https?:\/\/\S+$/.test(one.url);
}

function twice(items: readonly { name: string }[]): boolean {
  return new Set(items.map(({ name }) => name)).size < items.length;
}

/** The questionnaire, without what can't be sent: a verdict is told while somebody still writes. */
export function sheetOf(draft: Draft, figures: readonly AskedFigure[], language: Language): Sheet {
  const { cloud_target, renewal, ...check } = draft.answers;
  const known = figures
    .map((figure) => [figure, draft.figures[figure.key] ?? ''] as const)
    .filter(([figure, text]) => text.trim() !== '' && isRight(figure, text));
  const name = draft.name || nameOf(draft.system);
  return {
    language,
    system: draft.system.trim(),
    name: isName(name) ? name : NAMELESS,
    public_service: draft.publicService,
    cloud_target: cloud_target ?? UNKNOWN,
    renewal: renewal ?? UNKNOWN,
    self_check: check,
    figures: Object.fromEntries(known.map(([figure, text]) => [figure.key, numberOf(text)])),
    functions: twice(draft.functions) ? [] : draft.functions.filter(isFunction),
    links: twice(draft.links) ? [] : draft.links.filter(isLink),
  };
}

export function draftOf(sheet: Sheet): Draft {
  const { cloud_target, renewal, self_check } = sheet;
  return {
    system: sheet.system,
    name: sheet.name,
    publicService: sheet.public_service,
    answers: { cloud_target, renewal, ...self_check },
    figures: Object.fromEntries(Object.entries(sheet.figures).map(([key, value]) => [key, grouped(String(value))])),
    functions: sheet.functions,
    links: sheet.links,
  };
}

/** With its thousands apart, where it is a plain number. */
export function grouped(text: string): string {
  const plain = text.replace(/[,_\s]/g, '');
  const match = /^(\d+)(\.\d+)?$/.exec(plain);
  return match?.[1] ? match[1].replace(/\B(?=(\d{3})+$)/g, ',') + (match[2] ?? '') : text;
}

/** Of what this browser kept; nothing when it is no draft. */
export function kept(text: string | undefined): Draft | undefined {
  try {
    const found = JSON.parse(text ?? '') as Partial<Draft>;
    return { ...nothing(), ...found };
  } catch {
    return undefined;
  }
}

const UNKNOWN: SheetAnswer = { answer: 'unknown', evidence: '' };
