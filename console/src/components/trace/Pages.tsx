import { Show, type JSX } from 'solid-js';
import type { Paging } from '../../api/paging';
import type { Page } from '../../api/traces';
import type { Timestamp } from '../../api/types';
import { number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { Asked } from '../data/Asked';
import { Empty } from '../Empty';
import { Missing } from '../Missing';

/** What was found so far and how many that are, with a press that brings earlier ones. */
export function Pages<P extends Page>(props: {
  of: Paging<P>;
  count: number;
  /** When the earliest of them was. */
  earliest: Timestamp | undefined;
  words: { none: string; noneHint: string; found: (count: string) => string };
  children: JSX.Element;
}) {
  return (
    <Asked of={props.of.newest}>
      {() => (
        <>
          <Missing why={props.of.missing()} />
          <Show when={props.count > 0} fallback={<Empty text={props.words.none} detail={props.words.noneHint} />}>
            <p class="small-empty" role="status">
              {props.words.found(`${number(props.count)}${props.of.more() ? '+' : ''}`)}
            </p>
            {props.children}
            <Show when={props.of.more()}>
              <div class="search-more">
                <button class="button" onClick={() => void props.of.next(props.earliest!)}>
                  {t().traces.older}
                </button>
              </div>
            </Show>
          </Show>
        </>
      )}
    </Asked>
  );
}
