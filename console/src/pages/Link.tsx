/** One outside system: how it is, what is asked of it, and what came of that. */
import { createMemo, Show } from 'solid-js';
import { asking } from '../api/asking';
import { linkNamed, status } from '../api/live';
import { apis, tally } from '../api/manage';
import type { LinkStatus } from '../api/types';
import { Forecasts } from '../components/alerts/Forecasts';
import { Charts } from '../components/charts/Charts';
import { Head } from '../components/data/Head';
import { Hours } from '../components/data/Hours';
import { State } from '../components/data/State';
import { Tags } from '../components/data/Tags';
import { TallyPanel } from '../components/data/TallyPanel';
import { Empty, Loading } from '../components/Empty';
import { savedBy, stateOf } from '../components/links/words';
import { Figure } from '../components/Figure';
import { TrafficFigure } from '../components/TrafficFigures';
import { number } from '../lib/format';
import { t } from '../lib/i18n';
import { params, route } from '../lib/route';
import { rangeOf } from '../lib/time';

export default function Link() {
  return (
    <Show when={status()} fallback={<Loading />}>
      <Show
        when={linkNamed(route().name)}
        fallback={<Empty text={t().links.gone(route().name)} detail={t().links.goneHint} />}
      >
        {(link) => <View link={link()} />}
      </Show>
    </Show>
  );
}

function View(props: { link: LinkStatus }) {
  const range = createMemo(() => rangeOf(params().get('range')));
  const subject = () => `service:${props.link.name}`;
  const words = () => t().links;
  return (
    <>
      <Head
        from="links"
        title={props.link.name}
        state={<State {...stateOf(props.link)} pill />}
        subject={subject()}
        facts={[<span class="mono">{props.link.url}</span>]}
      />
      <Show when={props.link.state !== 'up' && props.link.reason}>
        {(why) => (
          <p class="banner" role="status">
            {words().because} {why()}
          </p>
        )}
      </Show>
      <Now link={props.link} />
      <Forecasts owner={`link:${props.link.name}`} />
      <Terms link={props.link} />
      <Show when={props.link.name} keyed>
        {(name) => <Charts kind="link" name={name} />}
      </Show>
      <div class="beside">
        <TallyPanel title={words().byStatus} subject={subject()} by="status" range={range()} empty={words().noCalls} />
        <TallyPanel title={words().byMethod} subject={subject()} by="method" range={range()} empty={words().noCalls} />
        <Hours title={words().byHour} subject={subject()} range={range()} empty={words().noCalls} />
      </div>
    </>
  );
}

function Now(props: { link: LinkStatus }) {
  const traffic = () => props.link.traffic;
  const figures = () => t().figures;
  const asked = asking(
    (signal) =>
      tally({ subject: `service:${props.link.name}`, by: ['service', 'status'], seconds: 3600, limit: 100 }, signal),
    10,
  );
  const owner = () => `link:${props.link.name}`;
  const saved = () => savedBy(asked.value()?.rows ?? []).get(props.link.name) ?? 0;
  return (
    <section class="figures sums panel" aria-label={t().subject.figures}>
      <TrafficFigure owner={owner()} figure="requests" value={traffic().requests_per_second} />
      <TrafficFigure owner={owner()} figure="error_ratio" value={traffic().error_ratio} tip={t().links.errorsTip} />
      <TrafficFigure owner={owner()} figure="mean" value={traffic().mean_seconds} />
      <TrafficFigure owner={owner()} figure="p95" value={traffic().p95_seconds} />
      <Figure
        label={t().links.saved}
        tip={t().links.savedTip}
        value={number(saved())}
        tone={saved() > 0 ? 'warn' : undefined}
      />
      <Figure label={figures().inFlight} tip={figures().inFlightTip} value={number(traffic().in_flight)} />
      <Figure label={figures().waiting} tip={figures().waitingTip} value={number(traffic().waiting)} />
    </section>
  );
}

function Terms(props: { link: LinkStatus }) {
  const asked = asking(apis, 30);
  const api = () => asked.value()?.find((one) => one.link && one.name === `${props.link.name}.link.naru`);
  const words = () => t().links;
  return (
    <section class="panel" aria-label={words().how}>
      <div class="panel-head">
        <h2>{words().how}</h2>
      </div>
      <dl class="said">
        <dt>{words().reached}</dt>
        <dd>
          <span class="mono">http://{props.link.name}.link.naru/</span>
        </dd>
        <dt>{words().addresses}</dt>
        <dd>
          <Tags words={props.link.addresses} none={words().noAddresses} mono />
        </dd>
        <Show when={api()}>
          {(one) => (
            <>
              <dt>{t().clients.limits}</dt>
              <dd>
                <Tags words={one().limits} none={t().clients.noLimits} mono />
              </dd>
              <dt>{t().apis.cache}</dt>
              <dd>{one().cache ? t().apis.cached : t().apis.notCached}</dd>
            </>
          )}
        </Show>
      </dl>
    </section>
  );
}
