/** The same events as a list: for who reads rather than looks, and for screen readers. */
import { createSignal, For, Show } from 'solid-js';
import type { Event } from '../../api/types';
import { PlainTable } from '../data/PlainTable';
import { Empty } from '../Empty';
import { number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { moment } from '../../lib/time';
import { Glyph } from './Glyph';
import { headline, why } from './words';

const AT_ONCE = 50;

export function EventList(props: {
  events: readonly Event[];
  chosen: number | undefined;
  onChoose: (event: Event) => void;
}) {
  const [shown, setShown] = createSignal(AT_ONCE);
  const newest = () => props.events.slice(-shown()).reverse();
  return (
    <section class="panel tl-list" aria-labelledby="tl-list-title">
      <div class="panel-head">
        <h2 id="tl-list-title">{t().timeline.list}</h2>
        <span class="note">{t().timeline.listCount(number(props.events.length))}</span>
      </div>
      <Show when={props.events.length > 0} fallback={<Empty text={t().timeline.none} detail={t().timeline.noneHint} />}>
        <PlainTable head={[t().timeline.time, t().timeline.service, t().timeline.what, t().timeline.reason]}>
          <For each={newest()}>
            {(event) => (
              <tr classList={{ chosen: event.id === props.chosen }}>
                <td class="tl-when">{moment(event.at / 1000)}</td>
                <td>{event.service ?? t().timeline.platform}</td>
                <td>
                  <button
                    class="tl-pick"
                    aria-pressed={event.id === props.chosen}
                    onClick={() => props.onChoose(event)}
                  >
                    <Glyph event={event} />
                    {headline(event)}
                  </button>
                </td>
                <td class="tl-reason">
                  {why(event)}
                  <Show when={!event.decision}>
                    {' '}
                    <span class="muted" lang="en">
                      {event.message}
                    </span>
                  </Show>
                </td>
              </tr>
            )}
          </For>
        </PlainTable>
        <Show when={props.events.length > shown()}>
          <div class="tm-more">
            <button class="button" onClick={() => setShown((n) => n + AT_ONCE)}>
              {t().timeline.more}
            </button>
          </div>
        </Show>
      </Show>
    </section>
  );
}
