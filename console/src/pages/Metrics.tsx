/** Any metric by its name, drawn. */
import { createMemo, For, Show } from 'solid-js';
import { asking } from '../api/asking';
import { metricNames, type MetricName } from '../api/metrics';
import { ownerNamed } from '../components/alerts/words';
import { CompareChoice } from '../components/CompareChoice';
import { AskedTable } from '../components/data/AskedTable';
import { figure } from '../components/data/columns';
import type { Column } from '../components/data/DataTable';
import { finds } from '../components/data/FindField';
import { Icon } from '../components/Icon';
import { PageHead } from '../components/data/PageHead';
import { MetricChart } from '../components/metrics/MetricChart';
import { RangeChoice } from '../components/RangeChoice';
import { SearchBar, SelectField, TextField } from '../components/Search';
import { number } from '../lib/format';
import { t } from '../lib/i18n';
import { params, setParam } from '../lib/route';
import { moment, rangeOf } from '../lib/time';
import '../components/charts/charts.css';
import '../components/data/data.css';

/** More rows than that are not read; the search narrows them down. */
const ROWS = 300;

interface Chosen {
  owner: string;
  name: string;
}

export default function Metrics() {
  const words = () => t().metrics;
  const asked = asking((signal) => metricNames(undefined, undefined, signal), 30);
  const range = createMemo(() => rangeOf(params().get('range')));
  const owner = () => params().get('owner') ?? '';
  const rows = () => (asked.value() ?? []).filter((one) => (!owner() || one.owner === owner()) && finds([one.name]));
  const owners = () => {
    const all = new Set([...(asked.value() ?? []).map((one) => one.owner), ...(owner() ? [owner()] : [])]);
    return [
      { value: '', label: words().everyOwner },
      ...[...all].sort().map((value) => ({ value, label: `${ownerNamed(value)} (${value.split(':')[0]})` })),
    ];
  };
  /** `m=OWNER name`, one after the other. */
  const chosen = createMemo<Chosen[]>(
    () =>
      (params().get('m') ?? '')
        .split(',')
        .filter(Boolean)
        .map((one) => {
          const [of = '', name = ''] = one.split(' ');
          return { owner: of, name };
        }),
    [],
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const keep = (all: readonly Chosen[]) =>
    setParam('m', all.map((one) => `${one.owner} ${one.name}`).join(',') || undefined);
  const has = (one: Chosen) => chosen().some((other) => other.owner === one.owner && other.name === one.name);
  const turn = (one: Chosen) =>
    keep(
      has(one)
        ? chosen().filter((other) => other.owner !== one.owner || other.name !== one.name)
        : [...chosen(), { owner: one.owner, name: one.name }],
    );
  const columns = (): Column<MetricName>[] => [
    {
      key: 'name',
      label: words().name,
      kind: 'name',
      by: (row) => row.name,
      cell: (row) => (
        <label class="pick">
          <input type="checkbox" checked={has(row)} onChange={() => turn(row)} />
          <span class="mono">{row.name}</span>
        </label>
      ),
    },
    { key: 'owner', label: words().owner, by: (row) => row.owner, cell: (row) => ownerNamed(row.owner) },
    {
      key: 'unit',
      label: words().unit,
      by: (row) => row.unit,
      cell: (row) => <span class="mono">{row.unit || '–'}</span>,
    },
    figure('series', words().series, (row) => row.series, number),
    figure(
      'last',
      words().last,
      (row) => row.last,
      (at) => moment(at / 1000),
    ),
  ];
  return (
    <>
      <PageHead title={words().title} about={words().about} />
      <section class="panel" aria-label={words().title}>
        <SearchBar label={words().find}>
          <TextField param="find" label={words().find} wide />
          <SelectField param="owner" label={words().owner} options={owners()} />
          <RangeChoice />
          <CompareChoice />
        </SearchBar>
        <Show when={chosen().length > 0} fallback={<p class="small-empty">{words().choose}</p>}>
          <div class="charts">
            <For each={chosen()}>
              {(one) => (
                <div class="chosen">
                  <MetricChart
                    owner={one.owner}
                    name={one.name}
                    title={`${one.name} · ${ownerNamed(one.owner)}`}
                    seconds={range().seconds}
                  />
                  <button
                    class="button plain drop"
                    aria-label={words().drop(one.name)}
                    data-tip={words().drop(one.name)}
                    onClick={() => turn(one)}
                  >
                    <Icon name="cross" />
                  </button>
                </div>
              )}
            </For>
          </div>
        </Show>
        <AskedTable
          of={asked}
          none={words().none}
          noneHint={words().noneHint}
          label={words().title}
          rows={rows().slice(0, ROWS)}
          id={(row) => `${row.owner} ${row.name}`}
          columns={columns()}
          param="sort"
        />
      </section>
    </>
  );
}
