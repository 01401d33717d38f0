/** One API: what holds for its calls, who makes them, and what comes of them. */
import { createMemo, Show, type JSX } from 'solid-js';
import { asking } from '../api/asking';
import { apis } from '../api/manage';
import type { Api } from '../api/managed';
import { conversionText, whoText } from '../components/apis/words';
import { Deprecation } from '../components/apis/Terms';
import { Charts } from '../components/charts/Charts';
import { Asked } from '../components/data/Asked';
import { Head } from '../components/data/Head';
import { Hours } from '../components/data/Hours';
import { SumsLine } from '../components/data/Sums';
import { Tags } from '../components/data/Tags';
import { TallyPanel } from '../components/data/TallyPanel';
import { Empty } from '../components/Empty';
import { t } from '../lib/i18n';
import { href, params, route } from '../lib/route';
import { date, rangeOf } from '../lib/time';

export default function ApiPage() {
  const asked = asking(apis, 30);
  const named = () => asked.value()?.find((one) => one.name === route().name);
  return (
    <Asked of={asked}>
      {() => (
        <Show when={named()} fallback={<Gone />}>
          {(one) => <View api={one()} />}
        </Show>
      )}
    </Asked>
  );
}

/** Calls are kept longer than routes: what was called is shown all the same. */
function Gone() {
  return (
    <>
      <h1 class="hidden-visually">{route().name}</h1>
      <Empty text={t().apis.gone(route().name)} detail={t().apis.goneHint} />
      <Calls name={route().name} />
    </>
  );
}

function View(props: { api: Api }) {
  const one = () => props.api;
  const range = createMemo(() => rangeOf(params().get('range')));
  return (
    <>
      <Head
        from={one().link ? 'links' : 'apis'}
        title={one().match}
        state={<Deprecation api={one()} />}
        subject={`route:${one().name}`}
        facts={[
          one().function ? (
            <>
              {t().subject.serves} <a href={href('function', one().function!)}>{one().function}</a>
            </>
          ) : undefined,
          ...one().services.map((name) => (
            <>
              {t().subject.servedBy} <a href={href('service', name)}>{name}</a>
            </>
          )),
        ]}
      />
      <SumsLine subject={`route:${one().name}`} range={range()} />
      <TermsPanel api={one()} />
      <Calls name={one().name} />
    </>
  );
}

function TermsPanel(props: { api: Api }) {
  const words = () => t().apis;
  const auth = () => props.api.auth;
  const patterns = () => (props.api.patterns ? [words().patterns[props.api.patterns]] : []);
  return (
    <section class="panel" aria-label={words().terms}>
      <div class="panel-head">
        <h2>{words().terms}</h2>
        <span class="note">{words().termsNote}</span>
      </div>
      <dl class="said">
        <dt>{words().who}</dt>
        <dd>{whoText(props.api)}</dd>
        <Part name={t().clients.scopes} words={auth().scopes} mono />
        <Part name={t().clients.groups} words={auth().groups} />
        <Part name={words().clients} words={auth().clients}>
          {auth().clients.map((name) => (
            <a href={href('client', name)}>{name}</a>
          ))}
        </Part>
        <Part name={t().clients.networks} words={auth().networks} mono />
        <Part name={words().ownTerms} words={auth().methods} mono />
        <Part name={words().deny} words={auth().deny} mono />
        <dt>{t().clients.limits}</dt>
        <dd>
          <Tags words={props.api.limits} none={t().clients.noLimits} mono />
        </dd>
        <Part name={words().pattern} words={patterns()}>
          <a href={href('jobs', '', { route: props.api.patterns === 'job' ? props.api.name : undefined })}>
            {patterns()[0]}
          </a>
        </Part>
        <Part name={words().conversion} words={props.api.conversions.map(conversionText)} />
        <dt>{words().cache}</dt>
        <dd>{props.api.cache ? words().cached : words().notCached}</dd>
        <Part name={words().deprecated} words={props.api.deprecated ? [date(props.api.deprecated / 1000)] : []} />
        <Part name={words().end} words={props.api.gone ? [words().goesOn(date(props.api.gone / 1000))] : []} />
      </dl>
    </section>
  );
}

/** Said only when there is something to say. */
function Part(props: { name: string; words: readonly string[]; mono?: boolean; children?: JSX.Element }) {
  return (
    <Show when={props.words.length > 0}>
      <dt>{props.name}</dt>
      <dd>{props.children ?? <Tags words={props.words} none="" mono={props.mono ?? false} />}</dd>
    </Show>
  );
}

function Calls(props: { name: string }) {
  const range = createMemo(() => rangeOf(params().get('range')));
  const subject = () => `route:${props.name}`;
  const words = () => t().apis;
  return (
    <>
      <Show when={props.name} keyed>
        {(name) => <Charts kind="route" name={name} />}
      </Show>
      <div class="beside">
        <TallyPanel title={words().byCaller} subject={subject()} by="caller" range={range()} empty={words().noCalls} />
        <TallyPanel title={words().byStatus} subject={subject()} by="status" range={range()} empty={words().noCalls} />
        <TallyPanel title={words().byMethod} subject={subject()} by="method" range={range()} empty={words().noCalls} />
        <Hours title={words().byHour} subject={subject()} range={range()} empty={words().noCalls} />
      </div>
    </>
  );
}
