/** What services, their JVMs and the machine measure of themselves (`naru_model::metric` as serde writes it). */
import { get } from './client';

export interface MetricName {
  /** `host`, `platform`, `service:portal`, `instance:portal-3-1`, `link:registry`, `outside:NAME`. */
  owner: string;
  name: string;
  /** In UCUM; empty: not said. */
  unit: string;
  series: number;
  /** Of the last point, in microseconds since 1970. */
  last: number;
}

export interface MetricSample {
  /** Seconds since 1970. */
  at: number;
  seconds: number;
  mean: number;
  min: number;
  max: number;
}

export interface MetricSeries {
  owner: string;
  name: string;
  unit: string;
  labels: Record<string, string>;
  /** Whether the values are rates per second of a total. */
  rate: boolean;
  points: MetricSample[];
}

/** Of one owner, or of all; `name` is what the name begins with. */
export function metricNames(owner: string | undefined, name: string | undefined, signal?: AbortSignal) {
  return get<MetricName[]>('metric-names', { owner, name }, signal);
}

/** From and to in seconds since 1970; `name*`: all that begin so. */
export function metricSeries(
  owner: string,
  name: string,
  from: number,
  to: number,
  points: number,
  signal?: AbortSignal,
): Promise<MetricSeries[]> {
  return get<MetricSeries[]>(
    'metrics/series',
    { owner, name, from: Math.floor(from), to: Math.ceil(to), points },
    signal,
  );
}
