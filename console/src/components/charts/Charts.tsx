import { createMemo, createSignal, Index, Show } from 'solid-js';
import { following } from '../../api/series';
import { t } from '../../lib/i18n';
import { params } from '../../lib/route';
import { rangeOf } from '../../lib/time';
import { Empty, Loading } from '../Empty';
import { Icon } from '../Icon';
import { RangeChoice } from '../RangeChoice';
import { Chart } from './Chart';
import { ChartTable } from './ChartTable';
import { aligned, definitions, type Kind } from './figures';
import { InstanceCharts } from './InstanceCharts';
import './charts.css';

/** What figures are asked of. To the gateway a link is a service like any other. */
export function subjectOf(kind: Kind, name: string): string {
  return `${kind === 'link' ? 'service' : kind}:${name}`;
}

/** Everything over time: charts with one crosshair, or the same numbers as a table. */
export function Charts(props: { kind: Kind; name: string; instances?: readonly string[] }) {
  const range = createMemo(() => rangeOf(params().get('range')));
  const figures = following(() => subjectOf(props.kind, props.name), range);
  const shown = createMemo(() => definitions(props.kind));
  const [asTable, setAsTable] = createSignal(false);
  return (
    <section class="panel" aria-label={t().subject.charts}>
      <div class="panel-head">
        <h2>{t().subject.charts}</h2>
        <RangeChoice />
        <Show when={figures.failed()}>
          <span class="note" role="status">
            {t().subject.readFailed}
          </span>
        </Show>
        <button class="button plain end" aria-pressed={asTable()} onClick={() => setAsTable(!asTable())}>
          <Icon name="table" />
          {asTable() ? t().subject.asCharts : t().subject.asTable}
        </button>
      </div>
      <Show when={figures.loaded() || figures.failed()} fallback={<Loading />}>
        <Show when={figures.points().length > 0} fallback={<Empty text={t().subject.noPoints} />}>
          <Show
            when={!asTable()}
            fallback={<ChartTable definitions={shown()} points={figures.points()} label={t().subject.charts} />}
          >
            <div class="charts">
              <Index each={shown()}>
                {(one) => (
                  <Chart
                    title={one().title}
                    lines={one().lines}
                    data={aligned(figures.points(), one().lines)}
                    seconds={range().seconds}
                    format={one().format}
                    top={one().top}
                    steps={one().steps}
                  />
                )}
              </Index>
              <Show when={props.kind === 'service'}>
                <InstanceCharts ids={props.instances ?? []} range={range()} />
              </Show>
            </div>
          </Show>
        </Show>
      </Show>
    </section>
  );
}
