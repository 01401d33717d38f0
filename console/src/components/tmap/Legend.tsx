/** What the marks mean, the whole picture in a sentence, and as a table for who does not see it. */
import { createMemo, createSignal, For, Show } from 'solid-js';
import { number, percent, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { theme } from '../../lib/theme';
import type { Shown } from './picture';
import { colours, css } from './palette';
import { stretch } from './words';

const SLICES = 10;

export function Legend(props: { id: string; shown: Shown | undefined; target: boolean }) {
  const words = () => t().tmap;
  const palette = () => colours(theme());
  const totals = createMemo(() => {
    const now = props.shown;
    if (!now) return undefined;
    const all = now.feed.store.figures({ from: now.from, to: now.to, low: 0, high: undefined });
    return {
      ...all,
      above: now.feed.store.above(now.from, now.to).transactions,
      dots: now.feed.store.dots !== undefined,
    };
  });

  return (
    <div class="tm-legend">
      <p id={`${props.id}-summary`}>
        <Show when={totals()}>
          {(all) => (
            <>
              {words().summary(
                stretch(props.shown!),
                number(all().transactions),
                number(all().errors),
                percent(all().transactions > 0 ? all().errors / all().transactions : 0),
                number(all().above),
              )}
            </>
          )}
        </Show>
      </p>
      <ul aria-hidden="true">
        <Show
          when={totals()?.dots ?? true}
          fallback={
            <li>
              {words().legend.cells}: {words().legend.few}
              <span
                class="tm-ramp"
                style={{ background: `linear-gradient(90deg, ${palette().ramp.map(css).join(',')})` }}
              />
              {words().legend.many}
            </li>
          }
        >
          <li>
            <span class="tm-dot" style={{ background: css(palette().good) }} />
            {words().legend.good}
          </li>
        </Show>
        <li>
          <svg width="10" height="10" viewBox="0 0 10 10">
            <path d="M1.5 1.5l7 7M8.5 1.5l-7 7" stroke={css(palette().failed)} stroke-width="2" />
          </svg>
          {words().legend.failed}
        </li>
        <Show when={props.target}>
          <li>
            <span class="tm-dash" />
            {words().legend.target}
          </li>
        </Show>
        <li class="tm-hint">{words().keysShort}</li>
      </ul>
    </div>
  );
}

export function AsTable(props: { shown: Shown | undefined }) {
  const [open, setOpen] = createSignal(false);
  const words = () => t().tmap;
  const rows = createMemo(() => {
    const now = props.shown;
    if (!open() || !now) return [];
    const { store } = now.feed;
    const each = (now.to - now.from) / SLICES;
    return Array.from({ length: SLICES }, (_, index) => {
      const from = now.from + index * each;
      const to = from + each;
      let longest = 0;
      store.each(from, to, (low, high) => (longest = Math.max(longest, high === Infinity ? low : high)));
      return {
        from,
        to,
        longest,
        above: store.above(from, to),
        all: store.figures({ from, to, low: 0, high: undefined }),
      };
    }).reverse();
  });

  return (
    <details class="tm-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words().asTable}</summary>
      <table>
        <caption class="hidden-visually">{words().tableCaption}</caption>
        <thead>
          <tr>
            <th scope="col">{words().slice}</th>
            <For each={[words().transactions, words().errors, words().aboveTop, words().longest]}>
              {(name) => (
                <th scope="col" class="num">
                  {name}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={rows()}>
            {(row) => (
              <tr>
                <th scope="row">{stretch(row)}</th>
                <td class="num">{number(row.all.transactions)}</td>
                <td class="num">{number(row.all.errors)}</td>
                <td class="num">{number(row.above.transactions)}</td>
                <td class="num">{row.all.transactions > 0 ? longest(props.shown!, row.longest) : '–'}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </details>
  );
}

/** Of cells only their upper edge is known. */
function longest({ feed }: Shown, value: number): string {
  if (feed.store.dots) return seconds(value);
  return value >= feed.store.top * 1.0000001
    ? t().tmap.orLonger(seconds(feed.store.top))
    : t().tmap.atMost(seconds(value));
}
