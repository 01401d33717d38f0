import type { Questions, Verdict } from '../../api/assess';
import type { Level } from '../../lib/health';
import { t } from '../../lib/i18n';

type Come = Pick<Verdict, 'outcome' | 'possible'>;

/** To adopt, to keep, or not told yet. */
export type Result = 'adopt' | 'open' | 'keep';
export const RESULTS: readonly Result[] = ['adopt', 'open', 'keep'];

export function resultOf(verdict: Come): Result {
  if (verdict.outcome === 'adopt') return 'adopt';
  return verdict.possible.includes('adopt') ? 'open' : 'keep';
}

const LEVELS: Record<Result, Level> = { adopt: 'good', open: 'warn', keep: 'busy' };

export function levelOf(verdict: Come): Level {
  return LEVELS[resultOf(verdict)];
}

/** In words: what came out, or what may still. */
export function outcomeText(verdict: Come, questions: Questions): string {
  const word = (key: string) => questions.outcomes[key] ?? key;
  return verdict.outcome ? word(verdict.outcome) : t().assess.open(verdict.possible.map(word));
}

/** What people called something may be Korean on any page. */
export function langOf(text: string): 'ko' | undefined {
  return /[가-힣]/.test(text) ? 'ko' : undefined;
}
