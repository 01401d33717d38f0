import { createMemo, Show } from 'solid-js';
import { status } from '../../api/live';
import type { FunctionStatus, ServiceStatus } from '../../api/types';
import { seconds } from '../../lib/format';
import { healthOfFunction } from '../../lib/health';
import { t, titled } from '../../lib/i18n';
import { Charts } from '../charts/Charts';
import { Moving } from '../velocity/Moving';
import { Forecasts } from '../alerts/Forecasts';
import { Now } from './Now';
import { Reach } from './Reach';
import { Slowest } from './Slowest';
import { Related, Title } from './Title';

/** The instances of all services that a function's routes lead to are its lanes. */
export function FunctionView(props: { function: FunctionStatus }) {
  const one = () => props.function;
  const behind = createMemo(() => status()?.services.filter((service) => one().services.includes(service.name)) ?? []);
  const sum = (of: (service: ServiceStatus) => number) => behind().reduce((total, service) => total + of(service), 0);
  const instances = createMemo(() => behind().flatMap((service) => service.instances));
  return (
    <>
      <Title
        kind="function"
        name={one().name}
        title={titled(one().title, one().name)}
        health={healthOfFunction(one(), behind())}
        facts={
          <>
            <span data-tip={t().subject.targetTip} tabindex="0">
              {t().subject.target(seconds(one().apdex_t_seconds))}
            </span>
            <Show when={one().owner}>{(owner) => <span>{t().subject.owner(owner())}</span>}</Show>
            <Related
              kind="service"
              label={t().subject.servedBy}
              items={one().services.map((name) => ({ name, title: name }))}
            />
          </>
        }
      />
      <Now
        owner={`function:${one().name}`}
        traffic={one().traffic}
        ready={sum((service) => service.ready)}
        desired={sum((service) => service.desired)}
        bounds={undefined}
      />
      <Forecasts owner={`function:${one().name}`} />
      <Show when={one().name} keyed>
        {(name) => (
          <>
            <div class="beside reach">
              <Slowest subject={`function:${name}`} target={one().apdex_t_seconds} />
              <Reach services={one().services} title={t().subject.reach} />
            </div>
            <Moving instances={instances()} waiting={one().traffic.waiting} target={one().apdex_t_seconds} />
            <Charts kind="function" name={name} instances={[]} />
          </>
        )}
      </Show>
    </>
  );
}
