/** Lists that come a page at a time, the latest first: the first page again and again, earlier ones when somebody wants them. */
import { createSignal, type Accessor } from 'solid-js';
import { params } from '../lib/route';
import { rangeOf } from '../lib/time';
import { asking, type Asked } from './asking';
import { stretchOf, type Page, type Stretch } from './traces';
import type { Timestamp } from './types';

export interface Paging<P extends Page> {
  newest: Asked<P>;
  /** All that have come, the latest first. */
  pages: Accessor<P[]>;
  /** Whether there is anything earlier. */
  more: Accessor<boolean>;
  missing: Accessor<string | undefined>;
  /** Asks for what was before a moment. */
  next: (before: Timestamp) => Promise<void>;
}

/** `ask` is told what is searched for and the stretch of time that the address names. */
export function paging<S, P extends Page>(
  search: Accessor<S>,
  ask: (search: S, within: Stretch, signal?: AbortSignal) => Promise<P>,
  every: number,
): Paging<P> {
  const newest = asking((signal) => ask(search(), stretchOf(params()), signal), every);
  // Earlier ones that somebody asked for, as long as the question stays the same.
  const [older, setOlder] = createSignal<{ of: string; pages: P[] }>();
  const question = () =>
    JSON.stringify([search(), rangeOf(params().get('range')).key, params().get('from'), params().get('to')]);
  const earlier = () => (older()?.of === question() ? older()!.pages : []);
  const pages = () => [newest.value(), ...earlier()].filter((page) => page !== undefined);
  return {
    newest,
    pages,
    more: () => pages().at(-1)?.more ?? false,
    missing: () => pages().find((page) => page.missing)?.missing,
    next: async (before) => {
      const of = question();
      const page = await ask(search(), { from: stretchOf(params()).from, to: before });
      setOlder({ of, pages: [...earlier(), page] });
    },
  };
}
