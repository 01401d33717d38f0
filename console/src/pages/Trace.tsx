/** One trace: where its time went, every span of it, what was logged meanwhile, and how the JVM was just then. */
import { createMemo, createSignal, For, Show } from 'solid-js';
import { asking } from '../api/asking';
import { trace, type Trace as Answer } from '../api/traces';
import { Empty, Loading } from '../components/Empty';
import { Missing } from '../components/Missing';
import { Crumb } from '../components/data/Crumb';
import { Heading } from '../components/data/Heading';
import { JvmPanels } from '../components/metrics/Panels';
import { MOMENT } from '../components/metrics/panels';
import { copy } from '../components/tmap/carry';
import { Bars } from '../components/trace/Bars';
import { LogTable } from '../components/trace/LogTable';
import { SpanDetail } from '../components/trace/SpanDetail';
import { blameText, colourOf } from '../components/trace/words';
import { number, seconds } from '../lib/format';
import { t } from '../lib/i18n';
import { notify } from '../lib/notice';
import { href, params, route, setParam } from '../lib/route';
import { moment } from '../lib/time';
import { waterfall, type Waterfall } from '../lib/waterfall';
import '../components/data/data.css';
import '../components/trace/trace.css';

/** What spent less is not worth a line. */
const BLAMED = 6;
/** A trace may still grow: its last spans come some seconds after its end. */
const EVERY = 15;

export default function Trace() {
  // Another trace is another page.
  return (
    <Show when={route().name} keyed>
      {(id) => <One id={id} />}
    </Show>
  );
}

function One(props: { id: string }) {
  const asked = asking((signal) => trace(props.id, signal), EVERY);
  return (
    <Show
      when={asked.value()}
      fallback={
        <Show when={asked.trouble()} fallback={<Loading />}>
          {(why) => (
            <>
              <h1 class="hidden-visually">{t().trace.title(props.id)}</h1>
              <Empty text={t().trace.gone} detail={`${t().trace.goneHint} (${why()})`} />
            </>
          )}
        </Show>
      }
    >
      {(found) => <View of={found()} />}
    </Show>
  );
}

function View(props: { of: Answer }) {
  const words = () => t().trace;
  // Told once a time the same, it is the same: the place in the waterfall stays.
  const answer = createMemo(() => props.of, undefined, { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) });
  const shape = createMemo(() => waterfall(answer()));
  const chosen = createMemo(() => {
    const id = params().get('span');
    const row = id ? shape().rows.findIndex((one) => one.id === id) : -1;
    return row < 0 ? undefined : row;
  });
  const choose = (row: number | undefined) => setParam('span', row === undefined ? undefined : shape().rows[row]!.id);
  const errors = () => shape().rows.filter((row) => row.error).length;
  const passage = () => answer().transactions[0];
  const said = async (text: string) => {
    await copy(text);
    notify({ severity: 'info', text: t().tmap.copied });
  };
  return (
    <>
      <Heading
        crumb={<Crumb to={href('traces')} from={t().nav.traces} here={answer().trace_id} mono />}
        title={shape().rows[0]?.name ?? words().title(answer().trace_id)}
        actions={
          <div class="actions">
            <button class="button" onClick={() => void said(answer().trace_id)}>
              {words().copyId}
            </button>
            <button class="button" onClick={() => void said(location.href)}>
              {words().link}
            </button>
          </div>
        }
      >
        <div class="facts">
          <b>{seconds(shape().seconds)}</b>
          <span>{moment(shape().begin / 1000)}</span>
          <span class={errors() > 0 ? 'troubled' : undefined}>
            {words().facts(number(answer().spans.length), number(shape().services.length), number(errors()))}
          </span>
          <Show when={passage()?.function}>{(name) => <a href={href('function', name())}>{name()}</a>}</Show>
        </div>
      </Heading>
      <Show when={answer().cut}>
        <p class="banner" role="status">
          {words().cut}
        </p>
      </Show>
      <Missing why={answer().missing} />
      <Where of={shape()} onChoose={choose} />
      <div class="wf-split" classList={{ open: chosen() !== undefined }}>
        <section class="panel" aria-label={words().waterfall}>
          <div class="panel-head">
            <h2>{words().waterfall}</h2>
            <ul class="legend">
              <For each={shape().services}>
                {(name) => (
                  <li>
                    <span class="wf-key" style={{ background: colourOf(shape(), name) }} />
                    {name}
                  </li>
                )}
              </For>
            </ul>
            <span class="note end">{words().keysShort}</span>
          </div>
          <Bars of={shape()} chosen={chosen()} onChoose={choose} />
          <Show when={answer().spans.length === 0}>
            <Empty text={words().none} detail={words().noneHint} />
          </Show>
        </section>
        <Show when={chosen() !== undefined}>
          <SpanDetail of={shape()} row={shape().rows[chosen()!]!} onClose={() => choose(undefined)} />
        </Show>
      </div>
      <LogsOf of={answer()} span={params().get('span') ?? undefined} />
      <Moments of={shape()} chosen={chosen()} />
    </>
  );
}

/** What a person should look at first. */
function Where(props: { of: Waterfall; onChoose: (row: number) => void }) {
  const words = () => t().trace;
  const least = () => props.of.seconds * 0.01;
  const most = () => props.of.blame.filter((one) => one.seconds >= least()).slice(0, BLAMED);
  return (
    <section class="panel wf-where" aria-label={words().where}>
      <div class="panel-head">
        <h2>{words().where}</h2>
        <span class="note">{words().whereNote}</span>
      </div>
      <ol>
        <For each={most()}>
          {(one) => (
            <li classList={{ failed: one.error }}>
              <button
                data-tip={one.detail || words().show}
                style={{
                  '--own': colourOf(props.of, one.service),
                  '--share': `${(one.seconds / (props.of.seconds || 1)) * 100}%`,
                }}
                onClick={() => props.onChoose(one.row)}
              >
                {blameText(one, props.of.seconds)}
              </button>
            </li>
          )}
        </For>
      </ol>
    </section>
  );
}

function LogsOf(props: { of: Answer; span: string | undefined }) {
  const words = () => t().trace;
  const [own, setOwn] = createSignal(false);
  const lines = () =>
    own() && props.span ? props.of.logs.filter((line) => line.span_id === props.span) : props.of.logs;
  return (
    <section class="panel" aria-label={words().logs(number(lines().length))}>
      <div class="panel-head">
        <h2>{words().logs(number(lines().length))}</h2>
        <Show when={props.span && props.of.logs.length > 0}>
          <label class="tm-check end">
            <input type="checkbox" checked={own()} onChange={(event) => setOwn(event.currentTarget.checked)} />
            {words().logsOfSpan}
          </label>
        </Show>
      </div>
      <Show when={lines().length > 0} fallback={<p class="small-empty">{words().noLogs}</p>}>
        <LogTable label={words().logs(number(lines().length))} lines={lines()} within={props.of.trace_id} />
      </Show>
    </section>
  );
}

/** How the instances that spent most were at that moment: of the chosen span, or of the one that spent most. */
function Moments(props: { of: Waterfall; chosen: number | undefined }) {
  const instance = createMemo(() => {
    const of = (row: number | undefined) => (row === undefined ? '' : (props.of.rows[row]?.instance ?? ''));
    const first = of(props.chosen);
    return (
      first ||
      props.of.blame.map((one) => of(one.row)).find(Boolean) ||
      props.of.rows.find((row) => row.instance)?.instance
    );
  });
  return (
    <Show when={instance()} keyed>
      {(id) => (
        <JvmPanels
          owner={`instance:${id}`}
          title={t().trace.moment(id)}
          only={MOMENT}
          moment={props.of.begin / 1e6}
          head={<span class="note">{t().trace.momentNote}</span>}
        />
      )}
    </Show>
  );
}
