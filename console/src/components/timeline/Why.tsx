/** Why something happened: what each policy saw and wanted, what bounded it, and what users felt before and after. */
import { For, Show } from 'solid-js';
import type { Decision, Event, Point } from '../../api/types';
import { number, percent, rate, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { amount, winner } from '../../lib/decision';
import { moment } from '../../lib/time';
import { PlainTable } from '../data/PlainTable';
import { Glyph } from './Glyph';
import { felt, type Felt } from './lanes';
import { actor, headline, why } from './words';

export function Why(props: { events: readonly Event[]; points: (service: string) => readonly Point[] }) {
  return (
    <Show
      when={props.events.length > 0}
      fallback={
        <div class="tl-nothing">
          <p>{t().timeline.noWhy}</p>
          <p class="muted">{t().timeline.noWhyHint}</p>
        </div>
      }
    >
      <Show when={props.events.length > 1}>
        <p class="muted tl-many">{t().timeline.several(props.events.length)}</p>
      </Show>
      <For each={props.events}>
        {(event) => <One event={event} points={event.service ? props.points(event.service) : []} />}
      </For>
    </Show>
  );
}

function One(props: { event: Event; points: readonly Point[] }) {
  const { event } = props;
  return (
    <article class="tl-why">
      <h3>
        <Glyph event={event} />
        {headline(event)}
      </h3>
      <p class="muted">
        <Show when={event.service}>
          {(service) => (
            <>
              <a href={href('service', service())}>{service()}</a> ·{' '}
            </>
          )}
        </Show>
        {moment(event.at / 1000)} · {actor(event)}
      </p>
      <p class="tl-because">{why(event)}</p>
      <Show when={event.decision}>{(decision) => <Decided decision={decision()} />}</Show>
      <Show when={event.service && props.points.length > 0}>
        <Effect points={props.points} at={event.at / 1e6} />
      </Show>
      <figure class="tl-original">
        <figcaption>{t().timeline.original}</figcaption>
        <blockquote lang="en">{event.message}</blockquote>
      </figure>
    </article>
  );
}

function Decided(props: { decision: Decision }) {
  const words = () => t().timeline;
  const won = () => winner(props.decision);
  return (
    <>
      <Show when={props.decision.wishes.length > 0}>
        <h4>{words().wishes}</h4>
        <PlainTable class="tl-wishes" head={[words().policy, words().seen, words().level, words().wants]}>
          <For each={props.decision.wishes}>
            {(wish) => (
              <tr classList={{ won: wish === won() }}>
                <th scope="row">{t().decision.by[wish.by] ?? wish.by}</th>
                <td>{wish.seen === null ? words().unseen : amount(wish.by, wish.seen)}</td>
                <td>{wish.level === null ? '–' : amount(wish.by, wish.level)}</td>
                <td>
                  {wish.wants === null ? words().noSay : number(wish.wants)}
                  <Show when={wish === won()}>
                    <span class="tl-won">{words().decisive}</span>
                  </Show>
                </td>
              </tr>
            )}
          </For>
        </PlainTable>
      </Show>
      <Show when={props.decision.bounds.length > 0}>
        <h4>{words().bounds}</h4>
        <ul class="tl-bounds">
          <For each={props.decision.bounds}>{(bound) => <li>{words().bound[bound] ?? bound}</li>}</For>
        </ul>
      </Show>
    </>
  );
}

function Effect(props: { points: readonly Point[]; at: number }) {
  const words = () => t().timeline;
  const before = () => felt(props.points, props.at, false);
  const after = () => felt(props.points, props.at, true);
  const rows = (): [string, (one: Felt) => string][] => [
    [words().feltLoad, (one) => rate(one.load)],
    [words().feltP95, (one) => seconds(one.p95)],
    [words().feltErrors, (one) => percent(one.errors)],
    [words().feltInstances, (one) => number(one.instances)],
  ];
  return (
    <Show when={before()}>
      {(then) => (
        <>
          <h4>{words().effect}</h4>
          <PlainTable class="tl-felt" head={['', words().before, words().after]}>
            <For each={rows()}>
              {([name, value]) => (
                <tr>
                  <th scope="row">{name}</th>
                  <td>{value(then())}</td>
                  <td>
                    <Show when={after()} fallback={<span class="muted">{words().notYet}</span>}>
                      {(later) => <>{value(later())}</>}
                    </Show>
                  </td>
                </tr>
              )}
            </For>
          </PlainTable>
        </>
      )}
    </Show>
  );
}
