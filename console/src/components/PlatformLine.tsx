import type { Status } from '../api/types';
import { printed, score } from '../lib/apdex';
import { bytes, cores, number, percent, rate, seconds } from '../lib/format';
import { t } from '../lib/i18n';
import { ApdexBar } from './ApdexBar';
import { Figure } from './Figure';
import { Sparkline } from './Sparkline';

/** The platform in one line of figures. */
export function PlatformLine(props: { status: Status }) {
  const figures = () => t().figures;
  const traffic = () => props.status.traffic;
  const host = () => props.status.host;
  const of = (figure: string, value: number) => ({ owner: 'platform', figure, value });
  const sum = (of: (service: Status['services'][number]) => number) =>
    props.status.services.reduce((total, service) => total + of(service), 0);
  const ready = () => sum((service) => service.ready);
  const wanted = () => sum((service) => service.desired);
  const apdexTone = () => {
    const value = score(traffic().apdex);
    return value === null || value >= 0.85 ? undefined : value < 0.7 ? 'bad' : 'warn';
  };
  return (
    <section class="figures panel" aria-label={t().overview.summary}>
      <Figure
        label={figures().rate}
        tip={figures().rateTip}
        value={rate(traffic().requests_per_second)}
        of={of('requests', traffic().requests_per_second)}
      >
        <Sparkline subject="all" />
      </Figure>
      <Figure
        label={figures().apdex}
        tip={figures().apdexTip}
        value={printed(traffic().apdex)}
        tone={apdexTone()}
        of={of('apdex', score(traffic().apdex) ?? 1)}
      >
        <ApdexBar apdex={traffic().apdex} />
      </Figure>
      <Figure
        label={figures().errors}
        tip={figures().errorsTip}
        value={percent(traffic().error_ratio)}
        tone={traffic().error_ratio >= 0.05 ? 'bad' : traffic().error_ratio >= 0.01 ? 'warn' : undefined}
        of={of('error_ratio', traffic().error_ratio)}
      />
      <Figure
        label={figures().p95}
        tip={figures().p95Tip}
        value={seconds(traffic().p95_seconds)}
        of={of('p95', traffic().p95_seconds)}
      />
      <Figure
        label={figures().users}
        tip={figures().usersTip}
        value={number(traffic().active_users)}
        of={of('active_users', traffic().active_users)}
      />
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
