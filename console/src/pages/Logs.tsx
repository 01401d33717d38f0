/** What services said: log lines by service, instance, severity and words. */
import { paging } from '../api/paging';
import { logLines, type LogSearch } from '../api/traces';
import { RangeChoice } from '../components/RangeChoice';
import { SearchBar, SelectField, ServiceField, TextField } from '../components/Search';
import { PageHead } from '../components/data/PageHead';
import { Kinds } from '../components/trace/Kinds';
import { LogTable } from '../components/trace/LogTable';
import { Pages } from '../components/trace/Pages';
import { severityNamed } from '../components/trace/words';
import { t } from '../lib/i18n';
import { params } from '../lib/route';
import '../components/data/data.css';
import '../components/trace/trace.css';

const PAGE = 200;
/** Source: OpenTelemetry's SeverityNumber: the least of INFO, WARN, ERROR and FATAL. */
const LEAST = [9, 13, 17, 21];

export default function Logs() {
  const words = () => t().logs;
  const search = (): LogSearch => ({
    service: params().get('service') ?? undefined,
    instance: params().get('instance') ?? undefined,
    trace: params().get('trace') ?? undefined,
    severity: Number(params().get('severity')) || undefined,
    text: params().get('text') ?? undefined,
  });
  const found = paging(search, (search, within, signal) => logLines(search, within, PAGE, signal), 5);
  const lines = () => found.pages().flatMap((page) => page.lines);
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
        <Pages of={found} count={lines().length} earliest={lines().at(-1)?.at} words={words()}>
          <LogTable label={words().title} lines={lines()} />
        </Pages>
      </section>
    </>
  );
}
