/** How a metric's values are written, by its unit in UCUM, and what its series are called on one chart. */
import type { MetricSeries } from '../../api/metrics';
import { bytes, number, percent, seconds } from '../../lib/format';
import type { Steps } from '../charts/plot';

const plain = (value: number) => number(value, Math.abs(value) < 10 ? 2 : Math.abs(value) < 1000 ? 1 : 0, false);

export function formatOf({
  unit,
  name,
  rate,
}: Pick<MetricSeries, 'unit' | 'name' | 'rate'>): (value: number) => string {
  const per = rate ? '/s' : '';
  switch (unit) {
    case 'By':
      return (value) => bytes(value) + per;
    case 's':
      // Seconds of a total by the second are a share: of the time, or of a processor.
      return rate ? percent : seconds;
    case 'ms':
      return (value) => seconds(value / 1000);
    case '1':
      return /utilization|ratio|usage|share/.test(name) && !rate ? percent : (value) => plain(value) + per;
    default:
      return (value) => plain(value) + per;
  }
}

export function stepsOf({ unit }: Pick<MetricSeries, 'unit'>): Steps | undefined {
  return unit === 'By' ? 'binary' : undefined;
}

/** By the labels in which series of one chart differ; by their name where they have several. */
export function labelsOf(all: readonly MetricSeries[]): string[] {
  const keys = [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))].filter(
    (key) => new Set(all.map(({ labels }) => labels[key])).size > 1,
  );
  const names = new Set(all.map(({ name }) => name)).size > 1;
  return all.map(({ labels, name }) => {
    const words = keys.map((key) => labels[key]).filter(Boolean);
    return [...(names || words.length === 0 ? [name] : []), ...words].join(' ');
  });
}
