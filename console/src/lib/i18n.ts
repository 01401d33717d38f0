/** The language that is shown, and its dictionary. A key that one language lacks does not compile. */
import { createSignal } from 'solid-js';
import { en } from '../locales/en';
import { ko } from '../locales/ko';
import { params, setParam } from './route';
import { remember, remembered } from './storage';

export type Language = 'ko' | 'en';

const DICTIONARIES = { ko, en } satisfies Record<Language, typeof ko>;

const [language, setSignal] = createSignal<Language>(
  known(params().get('lang')) ?? known(remembered('language')) ?? (navigator.language.startsWith('ko') ? 'ko' : 'en'),
);
export { language };

/** The dictionary: `t().service.scale`. */
export function t(): typeof ko {
  return DICTIONARIES[language()];
}

export function setLanguage(next: Language): void {
  setSignal(next);
  remember('language', next);
  setParam('lang', next);
}

/** What has a title in several languages: that of this one, or any, or else its name. */
export function titled(title: Record<string, string>, name: string): string {
  return title[language()] ?? title['en'] ?? Object.values(title)[0] ?? name;
}

function known(text: string | null | undefined): Language | undefined {
  return text === 'ko' || text === 'en' ? text : undefined;
}
