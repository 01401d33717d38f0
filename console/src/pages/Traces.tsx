/** Which traces there are: found by service, words, attributes, time and how they ended. */
import { paging } from '../api/paging';
import { traces, type TraceSearch, type Work } from '../api/traces';
import { RangeChoice } from '../components/RangeChoice';
import { CheckField, SearchBar, SelectField, ServiceField, TextField } from '../components/Search';
import { PageHead } from '../components/data/PageHead';
import { Kinds } from '../components/trace/Kinds';
import { Pages } from '../components/trace/Pages';
import { TraceTable } from '../components/trace/TraceTable';
import { t } from '../lib/i18n';
import { params } from '../lib/route';
import '../components/data/data.css';
import '../components/trace/trace.css';

const PAGE = 100;
const WORKS: readonly Work[] = ['http', 'database', 'messaging', 'rpc'];

export default function Traces() {
  const words = () => t().traces;
  const search = (): TraceSearch => ({
    service: params().get('service') ?? undefined,
    text: params().get('text') ?? undefined,
    attribute: params().get('attribute') ?? undefined,
    work: params().get('work') ?? undefined,
    errors: params().get('errors') === '1',
    at_least: Number(params().get('at_least')) || undefined,
  });
  const found = paging(search, (search, within, signal) => traces(search, within, PAGE, signal), 10);
  const rows = () => {
    const all = found.pages().flatMap((page) => page.traces);
    return [...new Map(all.map((one) => [one.trace_id, one])).values()];
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
        <Pages of={found} count={rows().length} earliest={rows().at(-1)?.start} words={words()}>
          <TraceTable label={words().title} rows={rows()} />
        </Pages>
      </section>
    </>
  );
}
