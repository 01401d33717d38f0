/** Scalings, deployments and failures of all services on one axis of time, and why each happened. */
import { createEffect, createMemo, createSignal, For, on, onCleanup, Show, untrack } from 'solid-js';
import { get } from '../api/client';
import { onEvent, status } from '../api/live';
import type { Event } from '../api/types';
import { PageHead } from '../components/data/PageHead';
import { SpanChoice } from '../components/tmap/SpanChoice';
import { serverNow } from '../api/clock';
import { viewOf } from '../components/tmap/view';
import { Bands } from '../components/timeline/Bands';
import { EventList } from '../components/timeline/EventList';
import { every, History } from '../components/timeline/history';
import { GROUPS, kindsOf, SHOWN_AT_FIRST, type Group } from '../components/timeline/kinds';
import { wanted, type Marker, type Span } from '../components/timeline/lanes';
import { Why } from '../components/timeline/Why';
import { t } from '../lib/i18n';
import { params, setParam, setParams } from '../lib/route';
import { moment } from '../lib/time';
import '../components/tmap/tmap.css';
import '../components/timeline/timeline.css';

/** As many as the API gives at once. */
const MOST_EVENTS = 1000;

export default function Timeline() {
  const view = createMemo(() => viewOf(params(), '1h'), undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  const [events, setEvents] = createSignal<Event[]>([]);
  const [cut, setCut] = createSignal(false);
  const [trouble, setTrouble] = createSignal<string>();
  const [now, setNow] = createSignal(serverNow());
  const service = () => params().get('service') ?? undefined;
  const span = createMemo<Span>(() => {
    const to = view().end ?? now();
    return { from: to - view().seconds, to };
  });
  const groups = createMemo<readonly Group[]>(() => {
    const named = params().get('kinds');
    return named === null ? SHOWN_AT_FIRST : GROUPS.filter((group) => named.split('.').includes(group));
  });
  const names = createMemo(() => (status()?.services ?? []).map((one) => one.name), undefined, { equals: sameNames });
  const services = createMemo(() => names().filter((name) => !service() || name === service()), undefined, {
    equals: sameNames,
  });
  const inSpan = createMemo(() =>
    events().filter(
      (event) =>
        event.at / 1e6 >= span().from && event.at / 1e6 <= span().to && (!service() || event.service === service()),
    ),
  );
  const shown = createMemo(() => wanted(inSpan(), groups()));

  const histories = new Map<string, History>();
  const historyOf = (name: string): History => {
    let found = histories.get(name);
    if (!found) histories.set(name, (found = new History(name)));
    return found;
  };
  let loadedAt = 0;
  const load = async () => {
    const range = untrack(span);
    loadedAt = range.to;
    try {
      await Promise.all(untrack(services).map((name) => historyOf(name).load(range)));
      setTrouble(undefined);
    } catch (error) {
      if (!(error instanceof DOMException)) setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  createEffect(on([view, services], () => void load()));
  let asked = 0;
  const findEvents = async () => {
    asked += 1;
    const own = asked;
    const { from } = untrack(span);
    const to = untrack(view).end;
    const query = {
      service: service(),
      kind: kindsOf(groups()).join(','),
      from: Math.floor(from),
      to: to === undefined ? undefined : Math.ceil(to),
      limit: MOST_EVENTS,
    };
    try {
      const found = await get<Event[]>('events', query);
      if (own !== asked) return;
      setCut(found.length === MOST_EVENTS);
      // What came live meanwhile stays.
      setEvents((live) => [...found, ...live.filter((one) => to === undefined && one.id > (found.at(-1)?.id ?? 0))]);
    } catch (error) {
      if (own === asked) setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  createEffect(on([view, service, groups], () => void findEvents()));
  onCleanup(onEvent((event) => setEvents((all) => [...all, event])));

  const ticking = window.setInterval(() => {
    if (view().end !== undefined || document.hidden) return;
    setNow(serverNow());
    for (const one of status()?.services ?? [])
      histories.get(one.name)?.tell(Math.floor(serverNow()), one.ready, one.traffic.requests_per_second);
    if (now() - loadedAt >= every(view().seconds) - 0.5) void load();
  }, 1000);
  onCleanup(() => {
    clearInterval(ticking);
    for (const one of histories.values()) one.close();
  });

  const [together, setTogether] = createSignal<Event[]>([]);
  const chosen = () => Number(params().get('event')) || undefined;
  const choose = (marker: Marker) => {
    setTogether(marker.events);
    setParam('event', String(marker.event.id));
  };
  /** The chosen one, and those that lie at the same place when it was chosen there. */
  const told = createMemo(() => {
    const id = chosen();
    if (id === undefined) return [];
    if (together().some((event) => event.id === id)) return together();
    return events().filter((event) => event.id === id);
  });
  const toggle = (group: Group) => {
    const next = GROUPS.filter((one) => groups().includes(one) !== (one === group));
    const usual = next.length === SHOWN_AT_FIRST.length && next.every((one) => SHOWN_AT_FIRST.includes(one));
    setParam('kinds', usual ? undefined : next.join('.'));
  };

  return (
    <>
      <PageHead title={t().timeline.title} about={t().timeline.about} />
      <section class="panel" aria-label={t().timeline.title}>
        <div class="tm-controls">
          <label class="tm-field">
            <span>{t().timeline.service}</span>
            <select
              class="field"
              onChange={(event) => setParams({ service: event.currentTarget.value || undefined, event: undefined })}
            >
              <option value="" selected={!service()}>
                {t().timeline.all}
              </option>
              <For each={names()}>
                {(name) => (
                  <option value={name} selected={service() === name}>
                    {name}
                  </option>
                )}
              </For>
            </select>
          </label>
          <SpanChoice view={view()} least={300} />
          <div class="choices tl-kinds" role="group" aria-label={t().timeline.kindsLabel}>
            <For each={GROUPS}>
              {(group) => (
                <button aria-pressed={groups().includes(group)} onClick={() => toggle(group)}>
                  {t().timeline.groups[group]}
                </button>
              )}
            </For>
          </div>
        </div>
        <Show when={trouble()}>
          <p class="tm-trouble" role="alert">
            {t().timeline.trouble} {trouble()}
          </p>
        </Show>
        <div class="tl-body">
          <div class="tl-main">
            <Bands
              services={services()}
              histories={historyOf}
              events={shown()}
              all={inSpan()}
              span={span()}
              live={view().end === undefined}
              chosen={chosen()}
              onChoose={choose}
            />
            <ul class="tl-legend" aria-hidden="true">
              <li>
                <span class="tl-key ready" />
                {t().timeline.legend.ready}
              </li>
              <li>
                <span class="tl-key wanted" />
                {t().timeline.legend.wanted}
              </li>
              <li>
                <span class="tl-key load" />
                {t().timeline.legend.load}
              </li>
            </ul>
            <Show when={cut() && (events()[0]?.at ?? 0) / 1e6 > span().from}>
              <p class="muted tl-cut">{t().timeline.cut(moment(events()[0]!.at / 1000))}</p>
            </Show>
          </div>
          <aside class="tl-aside" aria-label={t().timeline.why} aria-live="polite">
            <Why events={told()} points={(name) => historyOf(name).points()} />
          </aside>
        </div>
      </section>
      <EventList
        events={shown()}
        chosen={chosen()}
        onChoose={(event) => {
          setTogether([]);
          setParam('event', String(event.id));
        }}
      />
    </>
  );
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
