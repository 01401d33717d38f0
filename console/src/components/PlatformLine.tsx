import type { Status } from '../api/types';
import { bytes, cores, number } from '../lib/format';
import { t } from '../lib/i18n';
import { Figure } from './Figure';
import { Sparkline } from './Sparkline';
import { ApdexFigure, TrafficFigure } from './TrafficFigures';

/** The platform in one line of figures. */
export function PlatformLine(props: { status: Status }) {
  const figures = () => t().figures;
  const traffic = () => props.status.traffic;
  const host = () => props.status.host;
  const sum = (of: (service: Status['services'][number]) => number) =>
    props.status.services.reduce((total, service) => total + of(service), 0);
  const ready = () => sum((service) => service.ready);
  const wanted = () => sum((service) => service.desired);
  return (
    <section class="figures panel" aria-label={t().overview.summary}>
      <TrafficFigure owner="platform" figure="requests" value={traffic().requests_per_second}>
        <Sparkline subject="all" />
      </TrafficFigure>
      <ApdexFigure owner="platform" apdex={traffic().apdex} />
      <TrafficFigure owner="platform" figure="error_ratio" value={traffic().error_ratio} />
      <TrafficFigure owner="platform" figure="p95" value={traffic().p95_seconds} />
      <TrafficFigure owner="platform" figure="active_users" value={traffic().active_users} />
      <Figure
        label={figures().waiting}
        tip={figures().waitingTip}
        value={number(traffic().waiting)}
        tone={traffic().waiting > 0 ? 'warn' : undefined}
      />
      <Figure
        label={figures().instances}
        tip={figures().instancesTip}
        value={number(ready())}
        unit={t().overview.of(number(wanted()))}
        tone={ready() < wanted() ? 'warn' : undefined}
      />
      <Figure
        label={figures().cpu}
        tip={figures().cpuTip}
        value={cores(host().cpu_cores)}
        unit={t().overview.of(`${host().cores} ${figures().cores}`)}
        of={{ owner: 'host', figure: 'cpu' }}
      >
        <Share of={host().cpu_cores / Math.max(1, host().cores)} />
      </Figure>
      <Figure
        label={figures().memory}
        tip={figures().memoryTip}
        value={bytes(host().memory_used_bytes)}
        unit={t().overview.of(bytes(host().memory_bytes))}
        of={{ owner: 'host', figure: 'memory' }}
      >
        <Share of={host().memory_used_bytes / Math.max(1, host().memory_bytes)} />
      </Figure>
    </section>
  );
}

function Share(props: { of: number }) {
  const width = () => Math.min(100, props.of * 100);
  return (
    <svg class="apdex-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="6" class="none" />
      <rect width={width()} height="6" class={props.of > 0.9 ? 'slow' : 'used'} />
    </svg>
  );
}
