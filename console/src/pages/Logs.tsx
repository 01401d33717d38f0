/** What services said: log lines by service, instance, severity and words. */
import { createMemo, createSignal, Show } from 'solid-js';
import { asking } from '../api/asking';
import { logLines, stretch, type FoundLogs, type LogSearch } from '../api/traces';
import { Asked } from '../components/data/Asked';
import { Empty } from '../components/Empty';
import { Missing } from '../components/Missing';
import { RangeChoice } from '../components/RangeChoice';
import { SearchBar, SelectField, ServiceField, TextField } from '../components/Search';
import { PageHead } from '../components/data/PageHead';
import { Kinds } from '../components/trace/Kinds';
import { LogTable } from '../components/trace/LogTable';
import { severityNamed } from '../components/trace/words';
import { number } from '../lib/format';
import { t } from '../lib/i18n';
import { params } from '../lib/route';
import { rangeOf } from '../lib/time';
import { within } from './Traces';
import '../components/data/data.css';
import '../components/trace/trace.css';

const PAGE = 200;
/** Source: OpenTelemetry's SeverityNumber: the least of INFO, WARN, ERROR and FATAL. */
const LEAST = [9, 13, 17, 21];

export default function Logs() {
  const words = () => t().logs;
  const search = createMemo(
    (): LogSearch => ({
      service: params().get('service') ?? undefined,
      instance: params().get('instance') ?? undefined,
      trace: params().get('trace') ?? undefined,
      severity: Number(params().get('severity')) || undefined,
      text: params().get('text') ?? undefined,
    }),
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const range = createMemo(() => rangeOf(params().get('range')));
  const found = asking((signal) => {
    const { from, to } = within(params(), range().seconds);
    return logLines(search(), stretch(from, to), PAGE, signal);
  }, 5);
  const [older, setOlder] = createSignal<{ of: string; pages: FoundLogs[] }>();
  const question = () => JSON.stringify([search(), range().seconds, params().get('from'), params().get('to')]);
  const pages = () => (older()?.of === question() ? older()!.pages : []);
  const lines = () => [found.value() ?? { lines: [], more: false }, ...pages()].flatMap((page) => page.lines);
  const more = () => (pages().at(-1) ?? found.value())?.more ?? false;
  const missing = () => [found.value(), ...pages()].find((page) => page?.missing)?.missing;
  const next = async () => {
    const of = question();
    const last = lines().at(-1);
    if (!last) return;
    const { from } = within(params(), range().seconds);
    const page = await logLines(search(), { from: Math.floor(from * 1e6), to: last.at }, PAGE);
    setOlder({ of, pages: [...pages(), page] });
  };
  return (
    <>
      <PageHead title={words().title} about={words().about}>
        <Kinds />
      </PageHead>
      <section class="panel" aria-label={words().title}>
        <SearchBar label={t().traces.label}>
          <ServiceField more={lines().map((line) => line.service)} />
          <TextField param="instance" label={words().instance} />
          <SelectField
            param="severity"
            label={words().severity}
            options={[
              { value: '', label: words().anySeverity },
              ...LEAST.map((least) => ({ value: String(least), label: words().atLeast(severityNamed(least)) })),
            ]}
          />
          <TextField param="text" label={words().text} tip={words().textTip} />
          <RangeChoice />
        </SearchBar>
        <Asked of={found}>
          {() => (
            <>
              <Missing why={missing()} />
              <Show when={lines().length > 0} fallback={<Empty text={words().none} detail={words().noneHint} />}>
                <p class="small-empty" role="status">
                  {words().found(`${number(lines().length)}${more() ? '+' : ''}`)}
                </p>
                <LogTable label={words().title} lines={lines()} />
                <Show when={more()}>
                  <div class="search-more">
                    <button class="button" onClick={() => void next()}>
                      {t().traces.older}
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
