/** One instance: how it is, its figures over time, its JVM, and where to look further. */
import { Show } from 'solid-js';
import { serviceNamed, status } from '../api/live';
import { serverNow } from '../api/clock';
import type { InstanceStatus } from '../api/types';
import { Forecasts } from '../components/alerts/Forecasts';
import { Charts } from '../components/charts/Charts';
import { Loading } from '../components/Empty';
import { Figure } from '../components/Figure';
import { TrafficFigure } from '../components/TrafficFigures';
import { Crumb } from '../components/data/Crumb';
import { Heading } from '../components/data/Heading';
import { JvmPanels } from '../components/metrics/Panels';
import { State } from '../components/data/State';
import { LEVELS } from '../components/velocity/Velocity';
import { bytes, cores, number } from '../lib/format';
import { t } from '../lib/i18n';
import { href, route } from '../lib/route';
import { duration } from '../lib/time';
import '../components/data/data.css';

export default function Instance() {
  return (
    <Show when={status()} fallback={<Loading />}>
      <Show when={route().name} keyed>
        {(id) => <View id={id} />}
      </Show>
    </Show>
  );
}

function View(props: { id: string }) {
  const service = () => props.id.replace(/-\d+-\d+$/, '');
  const one = () => serviceNamed(service())?.instances.find(({ id }) => id === props.id);
  const words = () => t().instance;
  const owner = () => `instance:${props.id}`;
  return (
    <>
      <Heading crumb={<Crumb to={href('service', service())} from={service()} here={props.id} />} title={props.id}>
        <Show when={one()}>
          {(found) => <State level={LEVELS[found().state]} word={t().states[found().state]} pill />}
        </Show>
        <div class="facts">
          <Show when={one()}>
            {(found) => (
              <>
                <span>{t().subject.revision(found().revision)}</span>
                <span class="mono">{found().address}</span>
                <span class="mono">
                  {words().process} {found().pid}
                </span>
                <span>{t().subject.since(duration(serverNow() - found().since / 1e6))}</span>
              </>
            )}
          </Show>
          <a href={href('tmap', '', { subject: owner() })}>{t().nav.tmap}</a>
          <a href={href('logs', '', { instance: props.id })}>{words().logs}</a>
          <a href={href('instances')}>{t().crowd.all}</a>
        </div>
      </Heading>
      <Show
        when={one()}
        fallback={
          <p class="banner" role="status">
            {words().gone(props.id)}. {words().goneHint}
          </p>
        }
      >
        {(found) => <Now instance={found()} />}
      </Show>
      <Forecasts owner={owner()} />
      <Charts kind="instance" name={props.id} />
      <JvmPanels owner={owner()} title={t().metrics.jvm} />
    </>
  );
}

function Now(props: { instance: InstanceStatus }) {
  const words = () => t().figures;
  const one = () => props.instance;
  const owner = () => `instance:${one().id}`;
  return (
    <section class="figures sums panel" aria-label={t().subject.figures}>
      <TrafficFigure owner={owner()} figure="in_flight" value={one().in_flight} />
      <TrafficFigure owner={owner()} figure="requests" value={one().requests_per_second} />
      <TrafficFigure owner={owner()} figure="mean" value={one().mean_seconds} />
      <TrafficFigure owner={owner()} figure="error_ratio" value={one().error_ratio} />
      <Figure
        label={words().cpu}
        tip={words().cores}
        value={cores(one().cpu_cores)}
        unit={words().cores}
        of={{ owner: owner(), figure: 'cpu' }}
      />
      <Figure
        label={words().memory}
        tip={words().memory}
        value={bytes(one().memory_bytes)}
        of={{ owner: owner(), figure: 'memory' }}
      />
      <Figure label={t().instance.restarts} tip={t().subject.restarts(one().restarts)} value={number(one().restarts)} />
    </section>
  );
}
