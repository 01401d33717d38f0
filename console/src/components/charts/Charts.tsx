import { createMemo, createSignal, Index, Show } from 'solid-js';
import { following } from '../../api/series';
import { before } from '../../lib/compare';
import type { Point } from '../../api/types';
import { t } from '../../lib/i18n';
import { params } from '../../lib/route';
import { rangeOf } from '../../lib/time';
import { AlertButton } from '../alerts/AlertButton';
import { CompareChoice } from '../CompareChoice';
import { Empty, Loading } from '../Empty';
import { Icon } from '../Icon';
import { RangeChoice } from '../RangeChoice';
import { Chart } from './Chart';
import { ChartTable } from './ChartTable';
import { aligned, beside, compared, definitions, type Definition, type Kind } from './figures';
import { InstanceCharts } from './InstanceCharts';
import './charts.css';

/** What figures are asked of. To the gateway a link is a service like any other. */
export function subjectOf(kind: Kind, name: string): string {
  if (kind === 'host') return 'host';
  return `${kind === 'link' ? 'service' : kind}:${name}`;
}

/** As alerts name it; nothing can be set on clients and routes. */
function ownerOf(kind: Kind, name: string): string | undefined {
  if (kind === 'host') return 'host';
  return kind === 'caller' || kind === 'route' ? undefined : `${kind}:${name}`;
}

/** Everything over time: charts with one crosshair, or the same numbers as a table. */
export function Charts(props: { kind: Kind; name: string; instances?: readonly string[] }) {
  const range = createMemo(() => rangeOf(params().get('range')));
  const figures = following(() => subjectOf(props.kind, props.name), range);
  const shift = createMemo(() => before(params().get('vs')));
  const earlier = following(
    () => (shift() === undefined ? undefined : subjectOf(props.kind, props.name)),
    range,
    undefined,
    shift,
  );
  const shown = createMemo(() => definitions(props.kind));
  const lines = (one: Definition) =>
    shift() === undefined ? one.lines : [...one.lines, ...compared(one.lines, t().compare.before)];
  const data = (one: Definition) => {
    const own = aligned(figures.points(), one.lines);
    const back = shift();
    return back === undefined ? own : beside(own, compared(one.lines, ''), earlier.points(), back);
  };
  const owner = () => ownerOf(props.kind, props.name);
  const [asTable, setAsTable] = createSignal(false);
  return (
    <section class="panel" aria-label={t().subject.charts}>
      <div class="panel-head">
        <h2>{t().subject.charts}</h2>
        <RangeChoice />
        <CompareChoice />
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
                    lines={lines(one())}
                    data={data(one())}
                    seconds={range().seconds}
                    format={one().format}
                    top={one().top}
                    steps={one().steps}
                    actions={
                      <Show when={one().figure && owner()}>
                        {(name) => (
                          <AlertButton
                            owner={name()}
                            figure={one().figure!}
                            value={now(one(), figures.points().at(-1))}
                          />
                        )}
                      </Show>
                    }
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

/** Where the threshold of a new alert begins: of a chart's lines the largest, as it was last. Shares and counts only. */
function now(one: Definition, point: Point | undefined): number | undefined {
  if (!point) return undefined;
  if (one.figure === 'cpu' || one.figure === 'memory') return undefined;
  const line = one.figure === 'p95' ? one.lines[2] : one.lines[0];
  return line?.of(point) ?? undefined;
}
