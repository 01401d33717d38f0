import { createMemo, Show } from 'solid-js';
import { status } from '../../api/live';
import type { ServiceStatus } from '../../api/types';
import { healthOfService } from '../../lib/health';
import { t, titled } from '../../lib/i18n';
import { Charts } from '../charts/Charts';
import { Forecasts } from '../alerts/Forecasts';
import { Moving } from '../velocity/Moving';
import { Actions } from './Actions';
import { Inside } from './Inside';
import { Reach } from './Reach';
import { Now } from './Now';
import { Scaling } from './Scaling';
import { Related, Title } from './Title';

/** T of Apdex where no function says another, in seconds. */
const DEFAULT_TARGET = 0.5;

export function ServiceView(props: { service: ServiceStatus }) {
  const service = () => props.service;
  const functions = createMemo(() => status()?.functions.filter((one) => one.services.includes(service().name)) ?? []);
  /** The strictest of those whose requests it answers. */
  const target = () => Math.min(...functions().map((one) => one.apdex_t_seconds), Infinity);
  const ids = createMemo(() => service().instances.map((instance) => instance.id));
  return (
    <>
      <Title
        kind="service"
        name={service().name}
        title={service().name}
        health={healthOfService(service())}
        facts={
          <>
            <span>
              {service().revision === service().stable
                ? t().subject.revision(service().revision)
                : t().subject.rolling(service().stable, service().revision)}
            </span>
            <Related
              kind="function"
              label={t().subject.serves}
              items={functions().map((one) => ({ name: one.name, title: titled(one.title, one.name) }))}
            />
          </>
        }
        actions={<Actions service={service()} />}
      />
      <Now
        owner={`service:${service().name}`}
        traffic={service().traffic}
        ready={service().ready}
        desired={service().desired}
        bounds={t().subject.bounds(service().scaling.min, service().scaling.max)}
      />
      <Forecasts owner={`service:${service().name}`} />
      <div class="split">
        <Moving
          instances={service().instances}
          waiting={service().traffic.waiting}
          target={Number.isFinite(target()) ? target() : DEFAULT_TARGET}
        />
        <Scaling service={service()} />
      </div>
      <Show when={service().name} keyed>
        {(name) => (
          <>
            <Charts kind="service" name={name} instances={ids()} />
            <Inside ids={ids()} />
            <Reach services={[name]} title={t().subject.reachService} />
          </>
        )}
      </Show>
    </>
  );
}
