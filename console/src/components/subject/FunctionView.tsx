import { createMemo, Show } from 'solid-js';
import { status } from '../../api/live';
import type { FunctionStatus, ServiceStatus } from '../../api/types';
import { seconds } from '../../lib/format';
import { healthOfFunction } from '../../lib/health';
import { t, titled } from '../../lib/i18n';
import { Charts } from '../charts/Charts';
import { Velocity } from '../velocity/Velocity';
import { Now } from './Now';
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
        traffic={one().traffic}
        ready={sum((service) => service.ready)}
        desired={sum((service) => service.desired)}
        bounds={undefined}
      />
      <Velocity instances={instances()} waiting={one().traffic.waiting} target={one().apdex_t_seconds} />
      <Show when={one().name} keyed>
        {(name) => <Charts kind="function" name={name} instances={[]} />}
      </Show>
    </>
  );
}
