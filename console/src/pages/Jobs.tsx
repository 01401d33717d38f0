/** Calls that naru makes later: how they stand, and those that were given up. */
import { createEffect, createMemo, createSignal, For, on, Show } from 'solid-js';
import { asking } from '../api/asking';
import { deadLetters, jobs, replay } from '../api/manage';
import type { DeadLetter, JobFigures } from '../api/managed';
import { serverNow } from '../api/clock';
import { Guarded } from '../components/clients/Guarded';
import { Asked } from '../components/data/Asked';
import { AskedTable } from '../components/data/AskedTable';
import { figure } from '../components/data/columns';
import { DataTable, type Column } from '../components/data/DataTable';
import { Empty } from '../components/Empty';
import { PageHead } from '../components/data/PageHead';
import { LetterDialog } from '../components/jobs/LetterDialog';
import { Confirm } from '../components/subject/Confirm';
import { bytes, number } from '../lib/format';
import { t } from '../lib/i18n';
import { notify } from '../lib/notice';
import { href, params, setParam } from '../lib/route';
import { duration, moment } from '../lib/time';

export default function Jobs() {
  const figures = asking(jobs, 5);
  const words = () => t().jobs;
  return (
    <>
      <PageHead title={words().title} about={words().about} />
      <section class="panel" aria-label={words().standing}>
        <div class="panel-head">
          <h2>{words().standing}</h2>
        </div>
        <AskedTable
          of={figures}
          none={words().none}
          noneHint={words().noneHint}
          label={words().standing}
          rows={figures.value() ?? []}
          id={(one) => one.route}
          columns={standing()}
        />
      </section>
      <Letters routes={(figures.value() ?? []).map((one) => one.route)} onChanged={figures.again} />
    </>
  );
}

function Letters(props: { routes: readonly string[]; onChanged: () => void }) {
  const of = () => params().get('route') ?? undefined;
  const [older, setOlder] = createSignal<DeadLetter[]>([]);
  const [more, setMore] = createSignal<boolean>();
  const newest = asking((signal) => deadLetters(of(), undefined, signal), 5);
  const [trouble, setTrouble] = createSignal<string>();
  const letters = createMemo(() => {
    const first = newest.value()?.letters ?? [];
    const known = new Set(first.map(({ id }) => id));
    return [...first, ...older().filter(({ id }) => !known.has(id))];
  });
  createEffect(
    on(of, () => {
      setOlder([]);
      setMore(undefined);
    }),
  );
  const again = () => {
    setOlder([]);
    setMore(undefined);
    newest.again();
    props.onChanged();
  };
  const goOn = async () => {
    try {
      const page = await deadLetters(of(), letters().at(-1)?.id);
      setOlder((all) => [...all, ...page.letters]);
      setMore(page.more);
      setTrouble(undefined);
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  const [all, setAll] = createSignal<DeadLetter[]>();
  const words = () => t().jobs;
  const routes = () => [...new Set([...props.routes, ...(of() ? [of()!] : [])])];

  return (
    <section class="panel" aria-labelledby="letters">
      <div class="panel-head">
        <h2 id="letters" tabindex="-1">
          {words().letters}
        </h2>
        <label class="found">
          <span>{words().route}</span>
          <select class="field" onChange={(event) => setParam('route', event.currentTarget.value || undefined)}>
            <option value="" selected={!of()}>
              {t().timeline.all}
            </option>
            <For each={routes()}>
              {(name) => (
                <option value={name} selected={of() === name}>
                  {name}
                </option>
              )}
            </For>
          </select>
        </label>
        <Show when={letters().length > 0}>
          <div class="end">
            <Guarded role="operator" onPress={() => setAll(letters())}>
              {words().replayAll(letters().length)}
            </Guarded>
          </div>
        </Show>
      </div>
      <Show when={trouble()}>
        {(why) => (
          <p class="trouble" role="alert">
            {why()}
          </p>
        )}
      </Show>
      <Asked of={newest}>
        {(page) => (
          <Show
            when={letters().length > 0}
            fallback={<Empty text={words().noLetters} detail={words().noLettersHint} />}
          >
            <DataTable label={words().letters} rows={letters()} id={(one) => one.id} columns={columns()} />
            <Show when={more() ?? page().more}>
              <div class="small-empty">
                <button class="button" onClick={() => void goOn()}>
                  {t().tmap.more}
                </button>
              </div>
            </Show>
          </Show>
        )}
      </Asked>
      <Show when={params().get('letter')} keyed>
        {(id) => (
          <LetterDialog
            id={id}
            listed={letters().find((one) => one.id === id)}
            onClose={() => setParam('letter', undefined)}
            onChanged={again}
          />
        )}
      </Show>
      <Show when={all()} keyed>
        {(chosen) => (
          <Confirm
            title={words().replayAll(chosen.length)}
            confirm={words().replay}
            onConfirm={() => replayEach(chosen, again)}
            onClose={() => setAll(undefined)}
          >
            <p>{words().replayAllWill}</p>
          </Confirm>
        )}
      </Show>
    </section>
  );
}

/** One after the other; says how many went before one that could not. @throws ApiError of that one */
async function replayEach(letters: readonly DeadLetter[], done: () => void): Promise<void> {
  let count = 0;
  try {
    for (const { id } of letters) {
      await replay(id);
      count += 1;
    }
  } finally {
    if (count > 0) notify({ severity: 'info', text: t().jobs.replayed(count) });
    done();
  }
}

function standing(): Column<JobFigures>[] {
  const words = t().jobs;
  const count = (key: 'queued' | 'running' | 'done' | 'failed' | 'dead', bad = false): Column<JobFigures> => ({
    key,
    label: words.states[key],
    tip: words.stateTips[key],
    kind: 'number',
    by: (one) => one[key],
    tone: (one) => (one[key] === 0 ? 'zero' : bad ? 'warn' : undefined),
    cell: (one) => number(one[key]),
  });
  return [
    {
      key: 'route',
      label: words.route,
      kind: 'name',
      by: (one) => one.route,
      cell: (one) =>
        one.route.startsWith('consumer ') ? (
          <span class="mono">{one.route}</span>
        ) : (
          <a class="mono" href={href('api', one.route)}>
            {one.route}
          </a>
        ),
    },
    count('queued'),
    count('running'),
    {
      key: 'oldest',
      label: words.oldest,
      tip: words.oldestTip,
      kind: 'number',
      by: (one) => -(one.oldest ?? Infinity),
      cell: (one) => (one.oldest === null ? '–' : duration(serverNow() - one.oldest / 1e6)),
    },
    count('done'),
    count('failed'),
    count('dead', true),
  ];
}

function columns(): Column<DeadLetter>[] {
  const words = t().jobs;
  return [
    {
      key: 'died',
      label: words.died,
      by: (one) => one.died,
      cell: (one) => moment(one.died / 1000),
    },
    {
      key: 'call',
      label: words.call,
      kind: 'name',
      by: (one) => `${one.route} ${one.path}`,
      cell: (one) => (
        <button
          class="opens mono"
          aria-haspopup="dialog"
          aria-label={words.openRow(`${one.method} ${one.path}`)}
          onClick={() => setParam('letter', one.id)}
        >
          {one.method} {one.path}
        </button>
      ),
    },
    {
      key: 'caller',
      label: t().data.by.caller,
      by: (one) => one.caller ?? '',
      cell: (one) => (
        <Show when={one.caller} fallback={one.origin ?? '–'}>
          {(name) => <a href={href('client', name())}>{name()}</a>}
        </Show>
      ),
    },
    { key: 'why', label: words.why, kind: 'words', by: (one) => one.why, cell: (one) => one.why },
    figure('attempts', words.attempts, (one) => one.attempts, number),
    figure('size', words.size, (one) => one.size, bytes),
  ];
}
