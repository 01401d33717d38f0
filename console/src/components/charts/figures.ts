/** Which charts there are, and what each shows of a point. */
import type { Point } from '../../api/types';
import { score } from '../../lib/apdex';
import { bytes, cores, number, percent, rate, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import type { Line, Steps } from './plot';
import type { Data } from './Chart';

export interface Shown extends Line {
  of: (point: Point) => number | null;
  /** Not shown of the other time that is compared with: more lines would hide what differs. */
  alone?: boolean;
}

export interface Definition {
  title: string;
  lines: Shown[];
  format: (value: number) => string;
  top?: number;
  steps?: Steps;
  /** The watched figure that it shows, which alerts can be set on. */
  figure?: string;
}

/** `caller`: a client. Nobody's instances are its own, and nothing waits for it alone. */
export type Kind = 'service' | 'function' | 'caller' | 'route' | 'link' | 'instance' | 'host';

export function definitions(kind: Kind): Definition[] {
  if (kind === 'host') return machine();
  const { chart, fault } = t().subject;
  const words = t().figures;
  const whole = (value: number) => number(value, 1, false);
  const all: Definition[] = [
    {
      title: chart.rate,
      figure: 'requests',
      format: rate,
      lines: [
        { label: words.rate, stroke: 'series-1', fill: true, of: (point) => ratio(point.requests, point.seconds) },
      ],
    },
    {
      title: chart.response,
      figure: 'p95',
      format: seconds,
      lines: [
        { label: words.mean, stroke: 'series-1', of: (point) => timed(point, point.mean_seconds) },
        {
          label: words.p50,
          stroke: 'series-3',
          dash: [2, 3],
          alone: true,
          of: (point) => timed(point, point.p50_seconds),
        },
        { label: words.p95, stroke: 'series-2', of: (point) => timed(point, point.p95_seconds) },
        {
          label: words.p99,
          stroke: 'series-4',
          dash: [6, 3],
          alone: true,
          of: (point) => timed(point, point.p99_seconds),
        },
      ],
    },
    {
      title: chart.apdex,
      figure: 'apdex',
      format: (value) => number(value, 2),
      top: 1.02,
      lines: [{ label: words.apdex, stroke: 'series-3', of: (point) => score(point.apdex) }],
    },
    {
      title: chart.errors,
      figure: 'error_ratio',
      format: percent,
      lines: [
        { label: fault.service, stroke: 'slow', of: (point) => share(point, point.service_errors) },
        { label: fault.platform, stroke: 'series-4', dash: [6, 3], of: (point) => share(point, point.platform_errors) },
        {
          label: fault.client,
          stroke: 'text-3',
          dash: [2, 3],
          alone: true,
          of: (point) => share(point, point.client_errors),
        },
      ],
    },
  ];
  const users: Definition = {
    title: chart.users,
    figure: 'active_users',
    format: whole,
    steps: 'whole',
    lines: [{ label: words.users, stroke: 'series-1', fill: true, of: (point) => point.active_users }],
  };
  if (kind === 'instance') return [...all, ...ofInstance()];
  if (kind !== 'service' && kind !== 'function') {
    const transfer: Definition = {
      title: chart.transfer,
      format: (value) => `${bytes(value)}/s`,
      steps: 'binary',
      lines: [
        { label: words.received, stroke: 'series-1', of: (point) => point.received_bytes },
        { label: words.sent, stroke: 'series-2', dash: [6, 3], of: (point) => point.sent_bytes },
      ],
    };
    // Users are not told apart within one client.
    return kind === 'caller' ? [...all, transfer] : [...all, transfer, users];
  }
  all.push(
    {
      title: chart.load,
      figure: 'in_flight',
      format: whole,
      steps: 'whole',
      lines: [
        { label: words.inFlight, stroke: 'series-1', of: (point) => point.in_flight },
        { label: words.waiting, stroke: 'series-2', dash: [6, 3], of: (point) => point.waiting },
      ],
    },
    users,
  );
  if (kind === 'service')
    all.push({
      title: chart.instances,
      format: whole,
      steps: 'whole',
      lines: [{ label: words.instances, stroke: 'series-3', fill: true, of: (point) => point.instances }],
    });
  return all;
}

/** What the kernel says of an instance, beside what the gateway does. */
function ofInstance(): Definition[] {
  const load: Definition = {
    title: t().subject.chart.load,
    figure: 'in_flight',
    format: (value) => number(value, 1, false),
    steps: 'whole',
    lines: [{ label: t().figures.inFlight, stroke: 'series-1', fill: true, of: (point) => point.in_flight }],
  };
  return [load, ...machine()];
}

/** What the kernel says of an instance or the machine. */
function machine(): Definition[] {
  const { chart, received, sent, read, written } = t().host;
  const flow = (value: number) => `${bytes(value)}/s`;
  return [
    {
      title: chart.cpu,
      figure: 'cpu',
      format: cores,
      lines: [{ label: t().figures.cpu, stroke: 'series-1', fill: true, of: (point) => point.cpu_cores }],
    },
    {
      title: chart.memory,
      figure: 'memory',
      format: bytes,
      steps: 'binary',
      lines: [{ label: t().figures.memory, stroke: 'series-2', fill: true, of: (point) => point.memory_bytes }],
    },
    {
      title: chart.network,
      format: flow,
      steps: 'binary',
      lines: [
        { label: received, stroke: 'series-1', of: (point) => point.received_bytes },
        { label: sent, stroke: 'series-2', dash: [6, 3], of: (point) => point.sent_bytes },
      ],
    },
    {
      title: chart.disk,
      format: flow,
      steps: 'binary',
      lines: [
        { label: read, stroke: 'series-3', of: (point) => point.disk_read_bytes },
        { label: written, stroke: 'series-4', dash: [6, 3], of: (point) => point.disk_written_bytes },
      ],
    },
  ];
}

/** The lines of another time, as they are drawn beside those of this one. */
export function compared(lines: readonly Shown[], before: string): Shown[] {
  return lines
    .filter((line) => !line.alone)
    .map(({ label, of }, at) => ({
      label: `${label} (${before})`,
      stroke: 'text-3',
      dash: at > 0 ? [6, 3] : [2, 3],
      of,
    }));
}

/** Puts the points of another time below those of this one: of each the one that is nearest, shifted by so many seconds. */
export function beside(data: Data, lines: readonly Shown[], points: readonly Point[], shift: number): Data {
  const [times] = data;
  const columns = lines.map((): (number | null)[] => []);
  let next = 0;
  for (const time of times) {
    while (next + 1 < points.length && points[next + 1]!.at + shift <= time) next += 1;
    const point = points[next];
    const near = point && Math.abs(point.at + shift - time) <= 1.5 * point.seconds;
    lines.forEach((line, at) => columns[at]!.push(near ? line.of(point) : null));
  }
  return [...data, ...columns];
}

/** Points of one chart as uPlot wants them; where points are missing the line breaks. */
export function aligned(points: readonly Point[], lines: readonly Shown[]): Data {
  const times: number[] = [];
  const values = lines.map((): (number | null)[] => []);
  let before: Point | undefined;
  for (const point of points) {
    if (before && point.at - before.at > 2.5 * Math.max(before.seconds, point.seconds)) {
      times.push(before.at + before.seconds);
      values.forEach((column) => column.push(null));
    }
    times.push(point.at);
    lines.forEach((line, index) => values[index]?.push(line.of(point)));
    before = point;
  }
  return [times, ...values];
}

function ratio(of: number, by: number): number | null {
  return by > 0 ? of / by : null;
}

/** Without requests there is no response time, and no line. */
function timed(point: Point, value: number): number | null {
  return point.requests > 0 ? value : null;
}

function share(point: Point, errors: number): number {
  return point.requests > 0 ? errors / point.requests : 0;
}
