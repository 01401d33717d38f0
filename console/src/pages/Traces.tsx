/** Which traces there are: found by service, words, attributes, time and how they ended. */
import { createMemo, createSignal, Show } from 'solid-js';
import { asking } from '../api/asking';
import { stretch, traces, type FoundTraces, type TraceSearch, type Work } from '../api/traces';
import { serverNow } from '../api/clock';
import { Asked } from '../components/data/Asked';
import { Empty } from '../components/Empty';
import { Missing } from '../components/Missing';
import { RangeChoice } from '../components/RangeChoice';
import { CheckField, SearchBar, SelectField, ServiceField, TextField } from '../components/Search';
import { PageHead } from '../components/data/PageHead';
import { Kinds } from '../components/trace/Kinds';
import { TraceTable } from '../components/trace/TraceTable';
import { number } from '../lib/format';
import { t } from '../lib/i18n';
import { params } from '../lib/route';
import { rangeOf } from '../lib/time';
import '../components/data/data.css';
import '../components/trace/trace.css';

const PAGE = 100;
const WORKS: readonly Work[] = ['http', 'database', 'messaging', 'rpc'];

export default function Traces() {
  const words = () => t().traces;
  const search = createMemo(
    (): TraceSearch => ({
      service: params().get('service') ?? undefined,
      text: params().get('text') ?? undefined,
      attribute: params().get('attribute') ?? undefined,
      work: params().get('work') ?? undefined,
      errors: params().get('errors') === '1',
      at_least: Number(params().get('at_least')) || undefined,
    }),
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const range = createMemo(() => rangeOf(params().get('range')));
  const found = asking((signal) => {
    const { from, to } = within(params(), range().seconds);
    return traces(search(), stretch(from, to), PAGE, signal);
  }, 10);
  // Earlier ones that somebody asked for, as long as the question stays the same.
  const [older, setOlder] = createSignal<{ of: string; pages: FoundTraces[] }>();
  const question = () => JSON.stringify([search(), range().seconds, params().get('from'), params().get('to')]);
  const pages = () => (older()?.of === question() ? older()!.pages : []);
  const rows = () => {
    const all = [found.value() ?? { traces: [], more: false }, ...pages()].flatMap((page) => page.traces);
    return [...new Map(all.map((one) => [one.trace_id, one])).values()];
  };
  const more = () => (pages().at(-1) ?? found.value())?.more ?? false;
  const missing = () => [found.value(), ...pages()].find((page) => page?.missing)?.missing;
  const next = async () => {
    const of = question();
    const last = rows().at(-1);
    if (!last) return;
    const { from } = within(params(), range().seconds);
    const page = await traces(search(), { from: Math.floor(from * 1e6), to: last.start }, PAGE);
    setOlder({ of, pages: [...pages(), page] });
  };
  return (
    <>
      <PageHead title={words().title} about={words().about}>
        <Kinds />
      </PageHead>
      <section class="panel" aria-label={words().title}>
        <SearchBar label={words().label}>
          <ServiceField more={rows().flatMap((one) => one.services)} />
          <TextField param="text" label={words().text} tip={words().textTip} />
          <TextField param="attribute" label={words().attribute} tip={words().attributeTip} />
          <SelectField
            param="work"
            label={words().work}
            options={[
              { value: '', label: words().anyWork },
              ...WORKS.map((value) => ({ value, label: t().trace.works[value] })),
            ]}
          />
          <TextField param="at_least" label={words().slow} type="number" />
          <CheckField param="errors" label={words().errors} />
          <RangeChoice />
        </SearchBar>
        <Asked of={found}>
          {() => (
            <>
              <Missing why={missing()} />
              <Show when={rows().length > 0} fallback={<Empty text={words().none} detail={words().noneHint} />}>
                <p class="small-empty" role="status">
                  {words().found(`${number(rows().length)}${more() ? '+' : ''}`)}
                </p>
                <TraceTable label={words().title} rows={rows()} />
                <Show when={more()}>
                  <div class="search-more">
                    <button class="button" onClick={() => void next()}>
                      {words().older}
                    </button>
                  </div>
                </Show>
              </Show>
            </>
          )}
        </Asked>
      </section>
    </>
  );
}

/** From and to in seconds since 1970: as the address says, or the last so many seconds. */
export function within(query: URLSearchParams, seconds: number): { from: number; to: number } {
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
  if (from > 0 && to > from) return { from, to };
  const end = Math.ceil(serverNow());
  return { from: end - seconds, to: end };
}
