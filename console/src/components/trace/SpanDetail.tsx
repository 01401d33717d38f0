/** All that is known of one span, or of the gateway's transaction. */
import { For, Show, type JSX } from 'solid-js';
import type { Span } from '../../api/traces';
import type { Transaction } from '../../api/types';
import { Icon } from '../Icon';
import { seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { clock } from '../../lib/time';
import type { Row, Waterfall } from '../../lib/waterfall';
import { Pairs } from './Pairs';
import { pairs, workNamed } from './words';

export function SpanDetail(props: { of: Waterfall; row: Row; onClose: () => void }) {
  const words = () => t().trace;
  const own = () =>
    (props.of.segments.get(props.of.rows.indexOf(props.row)) ?? []).reduce((sum, { from, to }) => sum + to - from, 0);
  return (
    <section class="panel wf-detail" aria-labelledby="wf-detail-title">
      <div class="panel-head">
        <h2 id="wf-detail-title">{props.row.name}</h2>
        <button class="button plain end" aria-label={t().app.close} onClick={() => props.onClose()}>
          <Icon name="cross" />
        </button>
      </div>
      <div class="wf-facts">
        <dl class="said">
          <dt>{words().took}</dt>
          <dd>
            <b>{seconds(props.row.seconds)}</b>
            <span class="muted">{words().after(seconds(props.row.start))}</span>
          </dd>
          <Show when={own() > 0}>
            <dt>{words().critical}</dt>
            <dd>{words().ofCritical(seconds(own()), Math.round((own() / (props.of.seconds || 1)) * 100))}</dd>
          </Show>
          <dt>{words().work}</dt>
          <dd>{workNamed(props.row.work)}</dd>
          <Show when={props.row.transaction}>{(one) => <OfTransaction one={one()} />}</Show>
          <Show when={props.row.span}>{(one) => <OfSpan one={one()} />}</Show>
        </dl>
        <Show when={props.row.span}>
          {(one) => (
            <>
              <Events of={one()} begin={props.of.begin} />
              <Table title={words().attributes} rows={pairs(one().attributes)} />
              <Table title={words().resource} rows={pairs(one().resource)} />
            </>
          )}
        </Show>
      </div>
    </section>
  );
}

function OfTransaction(props: { one: Transaction }) {
  const words = () => t().tmap.columns;
  return (
    <>
      <Fact name={words().status}>{props.one.status || t().tmap.noStatus}</Fact>
      <Fact name={words().function}>
        {props.one.function && <a href={href('function', props.one.function)}>{props.one.function}</a>}
      </Fact>
      <Fact name={words().service}>
        {props.one.service && <a href={href('service', props.one.service)}>{props.one.service}</a>}
      </Fact>
      <Fact name={words().instance}>
        {props.one.instance && <a href={href('instance', props.one.instance)}>{props.one.instance}</a>}
      </Fact>
      <Fact name={words().waiting_seconds}>{seconds(props.one.waiting_seconds)}</Fact>
      <Fact name={words().upstream_seconds}>{seconds(props.one.upstream_seconds)}</Fact>
      <Fact name={words().caller}>
        {props.one.caller && <a href={href('client', props.one.caller)}>{props.one.caller}</a>}
      </Fact>
      <Fact name={words().client}>{props.one.client}</Fact>
      <Fact name={words().attempts}>{String(props.one.attempts)}</Fact>
    </>
  );
}

function OfSpan(props: { one: Span }) {
  const words = () => t().trace;
  return (
    <>
      <Show when={props.one.message}>
        <dt>{words().failed}</dt>
        <dd class="bad">{props.one.message}</dd>
      </Show>
      <Show when={props.one.detail}>
        <dt>{words().detail}</dt>
        <dd>
          <code class="wf-code">{props.one.detail}</code>
        </dd>
      </Show>
      <Fact name={words().peer}>{[props.one.system, props.one.peer].filter(Boolean).join(' · ')}</Fact>
      <Fact name={t().tmap.columns.status}>{props.one.status || ''}</Fact>
      <dt>{t().tmap.columns.service}</dt>
      <dd>
        <a
          href={href(
            props.one.instance ? 'service' : 'traces',
            props.one.instance ? props.one.service : '',
            props.one.instance ? {} : { service: props.one.service },
          )}
        >
          {props.one.service}
        </a>
      </dd>
      <Fact name={t().tmap.columns.instance}>
        {props.one.instance && <a href={href('instance', props.one.instance)}>{props.one.instance}</a>}
      </Fact>
      <Fact name={words().scope}>{props.one.scope}</Fact>
    </>
  );
}

function Fact(props: { name: string; children: JSX.Element }) {
  return (
    <Show when={props.children}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </Show>
  );
}

/** What happened within it; an exception with its stack. */
function Events(props: { of: Span; begin: number }) {
  return (
    <Show when={props.of.events.length > 0}>
      <h3>{t().trace.events}</h3>
      <ul class="wf-events">
        <For each={props.of.events}>
          {(event) => {
            const all = pairs(event.attributes);
            const stack = all.find(([key]) => key === 'exception.stacktrace')?.[1];
            return (
              <li>
                <b>{event.name}</b>{' '}
                <span class="muted">
                  {clock(event.at / 1000)} · {t().trace.after(seconds((event.at - props.begin) / 1e6))}
                </span>
                <Pairs rows={all.filter(([key]) => key !== 'exception.stacktrace')} />
                <Show when={stack}>
                  <pre class="wf-stack" tabindex="0">
                    {stack}
                  </pre>
                </Show>
              </li>
            );
          }}
        </For>
      </ul>
    </Show>
  );
}

function Table(props: { title: string; rows: [string, string][] }) {
  return (
    <Show when={props.rows.length > 0}>
      <h3>{props.title}</h3>
      <Pairs rows={props.rows} />
    </Show>
  );
}
