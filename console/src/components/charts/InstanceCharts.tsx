import { createEffect, createMemo, createSignal, onCleanup } from 'solid-js';
import { serverNow } from '../../api/clock';
import { series } from '../../api/series';
import type { Point } from '../../api/types';
import { bytes, cores } from '../../lib/format';
import { t } from '../../lib/i18n';
import type { Range } from '../../lib/time';
import { Chart, type Data } from './Chart';
import type { Line } from './plot';

/** More lines than this on one chart tell nothing apart. */
const MOST = 16;
const POINTS = 150;
export const STROKES = ['series-1', 'series-2', 'series-3', 'series-4', 'busy-fill', 'text-3'];
export const DASHES = [undefined, [6, 3], [2, 3]];

/** Processor and memory of each instance that there is now. */
export function InstanceCharts(props: { ids: readonly string[]; range: Range }) {
  const [points, setPoints] = createSignal(new Map<string, Point[]>());
  const ids = createMemo(() => props.ids.slice(0, MOST).join());

  createEffect(() => {
    const wanted = ids().split(',').filter(Boolean);
    const length = props.range.seconds;
    const stop = new AbortController();
    let timer: number | undefined;
    const round = async () => {
      const to = Math.floor(serverNow());
      const found = new Map<string, Point[]>();
      for (const id of wanted) {
        if (stop.signal.aborted) return;
        const of = await series(`instance:${id}`, to - length, to, POINTS, stop.signal).catch(() => []);
        found.set(id, of);
      }
      if (stop.signal.aborted) return;
      setPoints(found);
      timer = window.setTimeout(() => void round(), Math.min(30, Math.max(3, length / POINTS)) * 1000);
    };
    void round();
    onCleanup(() => {
      stop.abort();
      clearTimeout(timer);
    });
  });

  const lines = createMemo((): Line[] =>
    [...points().keys()].map((id, at) => ({
      label: id,
      stroke: STROKES[at % STROKES.length] ?? 'series-1',
      dash: DASHES[Math.floor(at / STROKES.length) % DASHES.length],
    })),
  );
  const cpu = createMemo(() => merged(points(), (point) => point.cpu_cores));
  const memory = createMemo(() => merged(points(), (point) => point.memory_bytes));
  return (
    <>
      <Chart title={t().subject.chart.cpu} lines={lines()} data={cpu()} seconds={props.range.seconds} format={cores} />
      <Chart
        title={t().subject.chart.memory}
        lines={lines()}
        data={memory()}
        seconds={props.range.seconds}
        format={bytes}
        steps="binary"
      />
    </>
  );
}

/** Points of several subjects on one axis of time. */
function merged(all: Map<string, Point[]>, of: (point: Point) => number | null): Data {
  const times = [...new Set([...all.values()].flatMap((points) => points.map((point) => point.at)))].sort(
    (a, b) => a - b,
  );
  const columns = [...all.values()].map((points) => {
    const byTime = new Map(points.map((point) => [point.at, of(point)]));
    return times.map((at) => byTime.get(at) ?? null);
  });
  return [times, ...columns];
}
