import { Show } from 'solid-js';
import type { Traffic } from '../../api/types';
import { printed, score } from '../../lib/apdex';
import { number, percent, rate, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { ApdexBar } from '../ApdexBar';
import { Figure } from '../Figure';

/** What clients see of a subject now. */
export function Now(props: {
  /** As alerts name it: `service:portal`. */
  owner: string;
  traffic: Traffic;
  ready: number;
  desired: number;
  bounds: string | undefined;
}) {
  const words = () => t().figures;
  const one = () => props.traffic;
  const of = (figure: string, value: number) => ({ owner: props.owner, figure, value });
  /** What is watched of services alone. */
  const ofService = (figure: string, value: number) =>
    props.owner.startsWith('service:') ? { of: of(figure, value) } : {};
  const apdexTone = () => {
    const value = score(one().apdex);
    return value === null || value >= 0.85 ? undefined : value < 0.7 ? 'bad' : 'warn';
  };
  return (
    <section class="figures now panel" aria-label={t().subject.figures}>
      <Figure
        label={words().apdex}
        tip={words().apdexTip}
        value={printed(one().apdex)}
        tone={apdexTone()}
        of={of('apdex', score(one().apdex) ?? 1)}
      >
        <ApdexBar apdex={one().apdex} />
      </Figure>
      <Figure
        label={words().rate}
        tip={words().rateTip}
        value={rate(one().requests_per_second)}
        of={of('requests', one().requests_per_second)}
      />
      <Figure
        label={words().errors}
        tip={words().errorsTip}
        value={percent(one().error_ratio)}
        tone={one().error_ratio >= 0.05 ? 'bad' : one().error_ratio >= 0.01 ? 'warn' : undefined}
        of={of('error_ratio', one().error_ratio)}
      />
      <Figure
        label={words().mean}
        tip={words().responseTip}
        value={seconds(one().mean_seconds)}
        of={of('mean', one().mean_seconds)}
      />
      <Figure
        label={words().p95}
        tip={words().p95Tip}
        value={seconds(one().p95_seconds)}
        of={of('p95', one().p95_seconds)}
      />
      <Figure
        label={words().users}
        tip={words().usersTip}
        value={number(one().active_users)}
        of={of('active_users', one().active_users)}
      />
      <Figure
        label={words().inFlight}
        tip={words().inFlightTip}
        value={number(one().in_flight)}
        of={of('in_flight', one().in_flight)}
      />
      <Figure
        label={words().waiting}
        tip={words().waitingTip}
        value={number(one().waiting)}
        tone={one().waiting > 0 ? 'warn' : undefined}
        {...ofService('waiting', one().waiting)}
      />
      <Figure
        label={words().instances}
        tip={words().instancesTip}
        value={number(props.ready)}
        unit={t().overview.of(number(props.desired))}
        tone={props.ready < props.desired ? 'warn' : undefined}
        {...ofService('ready', props.ready)}
      >
        <Show when={props.bounds}>
          <div class="label">{props.bounds}</div>
        </Show>
      </Figure>
    </section>
  );
}
