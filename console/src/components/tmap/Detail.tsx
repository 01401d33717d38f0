/** One transaction: all that is known of it. */
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Transaction } from '../../api/types';
import { Dialog } from '../Dialog';
import { bytes, number, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { moment } from '../../lib/time';
import { copy } from './carry';

export function Detail(props: { one: Transaction; onClose: () => void }) {
  const { one } = props;
  const [copied, setCopied] = createSignal(false);
  const words = () => t().tmap;
  const milliseconds = one.end / 1000;
  const other = Math.max(0, one.response_seconds - one.waiting_seconds - one.upstream_seconds);
  const parts = () => [
    { kind: 'waiting', name: words().columns.waiting_seconds, value: one.waiting_seconds },
    { kind: 'upstream', name: words().columns.upstream_seconds, value: one.upstream_seconds },
    { kind: 'other', name: words().transfer, value: other },
  ];
  const rows = (): [string, JSX.Element][] => [
    [words().columns.end, `${moment(milliseconds)}.${String(Math.floor(one.end % 1e6)).padStart(6, '0')}`],
    [words().columns.status, <>{one.status || words().noStatus}</>],
    [words().columns.fault, <span class={`tm-fault ${one.fault}`}>{words().faultTips[one.fault]}</span>],
    [words().columns.function, named('function', one.function)],
    [words().columns.service, named('service', one.service)],
    [words().columns.instance, named('instance', one.instance)],
    [words().route, one.route ? <a href={href('api', one.route)}>{one.route}</a> : words().noRoute],
    [words().columns.caller, named('client', one.caller)],
    [words().columns.client, <span class="mono">{one.client}</span>],
    [words().columns.attempts, number(one.attempts)],
    [words().received, bytes(one.received_bytes)],
    [words().sent, bytes(one.sent_bytes)],
  ];

  return (
    <Dialog title={words().transaction} onClose={() => props.onClose()}>
      <p class="mono tm-target">
        {one.method} {one.path || '–'}
      </p>
      <div
        class="tm-parts"
        role="img"
        aria-label={parts()
          .map((part) => `${part.name} ${seconds(part.value)}`)
          .join(', ')}
      >
        <For each={parts()}>
          {(part) => (
            <span class={part.kind} style={{ 'flex-grow': String(part.value / (one.response_seconds || 1)) }} />
          )}
        </For>
      </div>
      <ul class="tm-part-names" aria-hidden="true">
        <li>
          <strong>{seconds(one.response_seconds)}</strong> {words().columns.response_seconds}
        </li>
        <For each={parts()}>
          {(part) => (
            <li>
              <span class={`tm-key ${part.kind}`} /> {part.name} {seconds(part.value)}
            </li>
          )}
        </For>
      </ul>
      <dl class="tm-facts">
        <For each={rows()}>
          {([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          )}
        </For>
        <dt>{words().traceId}</dt>
        <dd>
          <Show when={one.trace_id} fallback={<span class="muted">{words().noTrace}</span>}>
            <span class="mono tm-trace">{one.trace_id}</span>
            <a class="button tm-copy" href={href('trace', one.trace_id)} onClick={() => props.onClose()}>
              {words().openTrace}
            </a>
            <button
              class="button tm-copy"
              onClick={async () => {
                await copy(one.trace_id);
                setCopied(true);
              }}
            >
              {copied() ? words().copied : words().copy}
            </button>
          </Show>
        </dd>
      </dl>
      <div class="actions">
        <button class="button primary" data-autofocus onClick={() => props.onClose()}>
          {t().app.close}
        </button>
      </div>
    </Dialog>
  );
}

function named(page: 'function' | 'service' | 'client' | 'instance', name: string | null): JSX.Element {
  return name === null ? '–' : <a href={href(page, name)}>{name}</a>;
}
