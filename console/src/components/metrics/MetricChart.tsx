/** One metric over time, each of its series a line. */
import { createMemo, Show } from 'solid-js';
import { asking } from '../../api/asking';
import { serverNow } from '../../api/clock';
import { metricSeries, type MetricSample, type MetricSeries } from '../../api/metrics';
import { before } from '../../lib/compare';
import { t } from '../../lib/i18n';
import { params } from '../../lib/route';
import { Chart, type Data } from '../charts/Chart';
import { STROKES, DASHES } from '../charts/InstanceCharts';
import type { Line } from '../charts/plot';
import { AlertButton } from '../alerts/AlertButton';
import { formatOf, labelsOf, stepsOf } from './format';

/** More lines than this on one chart tell nothing apart; the largest are shown. */
const MOST = 12;
const POINTS = 240;

export function MetricChart(props: {
  owner: string;
  name: string;
  title: string;
  keep?: ((series: MetricSeries) => boolean) | undefined;
  /** How long a time it shows, in seconds. */
  seconds: number;
  /** Where it ends, in seconds since 1970; none: now, and it goes on. */
  end?: number | undefined;
  /** A moment to mark, in seconds since 1970. */
  mark?: number | undefined;
}) {
  const shift = () => before(params().get('vs'));
  const ask = (signal: AbortSignal, back: number) => {
    const to = (props.end ?? Math.floor(serverNow())) - back;
    return metricSeries(props.owner, props.name, to - props.seconds, to, POINTS, signal);
  };
  const every = () => Math.min(60, Math.max(10, props.seconds / POINTS));
  const asked = asking((signal) => ask(signal, 0), every());
  const earlier = asking(async (signal) => {
    const back = shift();
    return back === undefined ? [] : ask(signal, back);
  }, every());
  const chosen = (all: readonly MetricSeries[] | undefined) => {
    const kept = (all ?? []).filter((series) => series.points.length > 0 && (props.keep?.(series) ?? true));
    return kept.length <= MOST ? kept : [...kept].sort((a, b) => last(b) - last(a)).slice(0, MOST);
  };
  const series = createMemo(() => chosen(asked.value()));
  const compared = createMemo(() => {
    const back = shift();
    if (back === undefined) return [];
    return chosen(earlier.value()).map((one) => ({
      ...one,
      points: one.points.map((point) => ({ ...point, at: point.at + back })),
    }));
  });
  const lines = createMemo((): Line[] => [
    ...labelsOf(series()).map((label, at) => line(label, at)),
    ...labelsOf(compared()).map((label) => ({
      label: `${label} (${t().compare.before})`,
      stroke: 'text-3',
      dash: [2, 3],
    })),
  ]);
  const data = createMemo(() => merged([...series(), ...compared()]));
  const first = () => series()[0] ?? { unit: '', name: props.name, rate: false };
  return (
    <Show when={series().length > 0}>
      <Chart
        title={props.title}
        lines={lines()}
        data={data()}
        seconds={props.seconds}
        end={props.end}
        mark={props.mark}
        format={formatOf(first())}
        steps={stepsOf(first())}
        actions={<AlertButton owner={props.owner} figure={first().name} value={series()[0] && last(series()[0]!)} />}
      />
    </Show>
  );
}

function line(label: string, at: number): Line {
  const dash = DASHES[Math.floor(at / STROKES.length) % DASHES.length];
  return { label, stroke: STROKES[at % STROKES.length] ?? 'series-1', dash };
}

function last({ points }: MetricSeries): number {
  return points.at(-1)?.mean ?? 0;
}

/** Series on one axis of time. Points of different series that fall into the same stretch are of one time. */
function merged(all: readonly MetricSeries[]): Data {
  const step = Math.max(1, ...all.map(({ points }) => points[0]?.seconds ?? 1));
  const slot = (point: MetricSample) => Math.floor(point.at / step) * step;
  const times = [...new Set(all.flatMap(({ points }) => points.map(slot)))].sort((a, b) => a - b);
  const columns = all.map(({ points }) => {
    const byTime = new Map(points.map((point) => [slot(point), point.mean]));
    return times.map((at) => byTime.get(at) ?? null);
  });
  return [times, ...columns];
}
