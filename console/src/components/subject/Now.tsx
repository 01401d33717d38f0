import { Show } from 'solid-js';
import type { Traffic } from '../../api/types';
import { number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { Figure } from '../Figure';
import { ApdexFigure, TrafficFigure } from '../TrafficFigures';

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
  /** What is watched of services alone. */
  const ofService = (figure: string, value: number) =>
    props.owner.startsWith('service:') ? { of: { owner: props.owner, figure, value } } : {};
  return (
    <section class="figures now panel" aria-label={t().subject.figures}>
      <ApdexFigure owner={props.owner} apdex={props.traffic.apdex} />
      <TrafficFigure owner={props.owner} figure="requests" value={props.traffic.requests_per_second} />
      <TrafficFigure owner={props.owner} figure="error_ratio" value={props.traffic.error_ratio} />
      <TrafficFigure owner={props.owner} figure="mean" value={props.traffic.mean_seconds} />
      <TrafficFigure owner={props.owner} figure="p95" value={props.traffic.p95_seconds} />
      <TrafficFigure owner={props.owner} figure="active_users" value={props.traffic.active_users} />
      <TrafficFigure owner={props.owner} figure="in_flight" value={props.traffic.in_flight} />
      <Figure
        label={words().waiting}
        tip={words().waitingTip}
        value={number(props.traffic.waiting)}
        tone={props.traffic.waiting > 0 ? 'warn' : undefined}
        {...ofService('waiting', props.traffic.waiting)}
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
