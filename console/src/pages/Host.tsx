/** The machine: what the kernel says of it, what else is measured on it, and what it is about to run out of. */
import { createMemo, For, Show } from 'solid-js';
import { asking } from '../api/asking';
import { metricNames } from '../api/metrics';
import { status } from '../api/live';
import type { HostStatus } from '../api/types';
import { Forecasts } from '../components/alerts/Forecasts';
import { Charts } from '../components/charts/Charts';
import { Loading } from '../components/Empty';
import { Figure } from '../components/Figure';
import { Crumb } from '../components/data/Crumb';
import { PageHead } from '../components/data/PageHead';
import { MetricChart } from '../components/metrics/MetricChart';
import { bytes, cores } from '../lib/format';
import { t } from '../lib/i18n';
import { href, params } from '../lib/route';
import { rangeOf } from '../lib/time';
import '../components/charts/charts.css';
import '../components/data/data.css';

export default function Host() {
  const words = () => t().host;
  return (
    <Show when={status()} fallback={<Loading />}>
      {(now) => (
        <>
          <PageHead
            title={words().title}
            about={words().about}
            crumb={<Crumb to={href('overview')} from={t().nav.overview} here={words().title} />}
          />
          <Now host={now().host} pool={now().pool} />
          <Forecasts owner="host" />
          <Charts kind="host" name="" />
          <Measured />
        </>
      )}
    </Show>
  );
}

function Now(props: {
  host: HostStatus;
  pool: { cpu_cores: number; cpu_cores_reserved: number; memory_bytes: number; memory_bytes_reserved: number };
}) {
  const of = (total: string) => t().overview.of(total);
  const host = () => props.host;
  const used = () => host().disk_bytes - host().disk_free_bytes;
  const flow = (value: number) => `${bytes(value)}/s`;
  return (
    <section class="figures sums panel" aria-label={t().subject.figures}>
      <Figure
        label={t().figures.cpu}
        tip={t().figures.cpuTip}
        value={cores(host().cpu_cores)}
        unit={of(`${host().cores} ${t().figures.cores}`)}
        of={{ owner: 'host', figure: 'cpu' }}
      />
      <Figure
        label={t().figures.memory}
        tip={t().figures.memoryTip}
        value={bytes(host().memory_used_bytes)}
        unit={of(bytes(host().memory_bytes))}
        of={{ owner: 'host', figure: 'memory' }}
      />
      <Figure
        label={t().alerts.figures.disk}
        tip={t().alerts.figures.disk}
        value={bytes(used())}
        unit={of(bytes(host().disk_bytes))}
        of={{ owner: 'host', figure: 'disk' }}
      />
      <Figure
        label={t().host.chart.network}
        tip={t().alerts.figures.traffic}
        value={flow(host().received_bytes + host().sent_bytes)}
        of={{ owner: 'host', figure: 'traffic' }}
      />
      <Figure
        label={t().host.pool}
        tip={t().host.pool}
        value={cores(props.pool.cpu_cores_reserved)}
        unit={of(`${cores(props.pool.cpu_cores)} ${t().figures.cores}`)}
      />
    </section>
  );
}

/** Every metric of the machine. */
function Measured() {
  const asked = asking((signal) => metricNames('host', undefined, signal), 60);
  const range = createMemo(() => rangeOf(params().get('range')));
  const names = createMemo(() => (asked.value() ?? []).map((one) => one.name), [], {
    equals: (a, b) => a.join() === b.join(),
  });
  return (
    <Show when={names().length > 0}>
      <section class="panel" aria-label={t().host.measured}>
        <div class="panel-head">
          <h2>{t().host.measured}</h2>
          <a class="end note" href={href('metrics', '', { owner: 'host' })}>
            {t().metrics.all}
          </a>
        </div>
        <div class="charts">
          <For each={names()}>
            {(name) => <MetricChart owner="host" name={name} title={name} seconds={range().seconds} />}
          </For>
        </div>
      </section>
    </Show>
  );
}
