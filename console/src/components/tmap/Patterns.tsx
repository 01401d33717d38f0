/** What is recognised on the map, in words, each with a press that chooses the rectangle it is about. */
import { createEffect, createSignal, For, Show } from 'solid-js';
import { number, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { patterns, type Kind, type Pattern } from '../../lib/patterns';
import { clock } from '../../lib/time';
import { Mark } from '../Mark';
import type { Shown } from './picture';
import type { Area } from './store';
import { areaText } from './view';

/** A live map is looked at anew so often, in milliseconds. */
const EVERY = 3000;

export function Patterns(props: { shown: Shown | undefined; area: Area | undefined; onChoose: (area: Area) => void }) {
  const [found, setFound] = createSignal<Pattern[]>();
  let looked = 0;
  let of: unknown;
  createEffect(() => {
    const now = props.shown;
    if (!now || (of === now.feed && performance.now() - looked < EVERY)) return;
    of = now.feed;
    looked = performance.now();
    setFound(recognised(now));
  });
  const chosen = (one: Pattern) => props.area !== undefined && areaText(props.area) === areaText(one.area);
  return (
    <div class="tm-patterns">
      <h2>{t().tmap.patterns.title}</h2>
      <Show when={(found()?.length ?? 0) > 0} fallback={<p class="muted">{t().tmap.patterns.none}</p>}>
        <ul aria-live="polite">
          <For each={found()}>
            {(one) => (
              <li>
                <Mark level={one.kind === 'timeout' ? 'bad' : 'warn'} />
                <span>
                  <b>{t().tmap.patterns.names[one.kind]}</b> {told(one)}{' '}
                  <span class="muted">{t().tmap.patterns.causes[one.kind]}</span>
                </span>
                <button class="button" aria-pressed={chosen(one)} onClick={() => props.onChoose(one.area)}>
                  {t().tmap.patterns.choose(number(one.transactions))}
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </div>
  );
}

function recognised({ feed, from, to }: Shown): Pattern[] {
  const { store } = feed;
  return patterns({
    from,
    to,
    step: store.dots ? 0 : store.columnSeconds,
    each: (take) =>
      store.each(from, to, (low, high, transactions, errors, at) => take(at, low, high, transactions, errors)),
  });
}

const at = (moment: number) => clock(moment * 1000);

/** One sentence with its numbers. */
function told(one: Pattern): string {
  const words = t().tmap.patterns;
  const errors = one.errors > 0 ? words.withErrors(number(one.errors)) : '';
  const said: Record<Kind, () => string> = {
    released: () => words.released(at(one.area.from), number(one.transactions), seconds(one.seconds)),
    timeout: () => words.timeout(at(one.area.from), at(one.area.to), number(one.transactions), seconds(one.seconds)),
    rising: () => words.rising(at(one.since), seconds(one.before), seconds(one.seconds)),
    stalled: () =>
      words.stalled(at(one.since), at(one.area.from), seconds(one.area.from - one.since), number(one.transactions)),
  };
  return said[one.kind]() + errors;
}
