/** The transactions in the rectangle: a table that can be put in order, gone on with, looked into and taken along. */
import { createEffect, createMemo, createSignal, For, on, onCleanup, Show } from 'solid-js';
import type { Transaction } from '../../api/types';
import { Empty } from '../Empty';
import { Missing } from '../Missing';
import { number, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { href, params, setParam } from '../../lib/route';
import { exact } from '../../lib/time';
import { copy, save } from './carry';
import { TextField } from '../Search';
import { Detail } from './Detail';
import { COLUMNS, csv, joined, orderOf, orderText, search, sorted, type ColumnName, type Narrow } from './search';
import type { Area } from './store';
import { heights, stretch } from './words';

const FIGURES: readonly ColumnName[] = [
  'response_seconds',
  'waiting_seconds',
  'upstream_seconds',
  'status',
  'attempts',
];

export function FoundTable(props: {
  subject: string;
  area: Area;
  onZoom: () => void;
  onClose: () => void;
  link: () => string;
}) {
  const [found, setFound] = createSignal<Transaction[]>([]);
  const [more, setMore] = createSignal(false);
  const [missing, setMissing] = createSignal<string>();
  const [busy, setBusy] = createSignal(true);
  const [trouble, setTrouble] = createSignal<string>();
  const [open, setOpen] = createSignal<Transaction>();
  const errors = () => params().get('errors') === '1';
  const narrow = createMemo(
    (): Narrow => ({
      errors: errors(),
      status: params().get('status') ?? '',
      text: params().get('text') ?? '',
    }),
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const order = createMemo(() => orderOf(params().get('sort')));
  const rows = createMemo(() => sorted(found(), order()));
  let abort = new AbortController();
  onCleanup(() => abort.abort());

  async function ask(before: Transaction | undefined): Promise<void> {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    setBusy(true);
    try {
      const page = await search(props.subject, props.area, narrow(), before, signal);
      if (signal.aborted) return;
      setFound((all) => (before ? joined(all, page.transactions) : page.transactions));
      setMore(page.more);
      setMissing(page.missing);
      setTrouble(undefined);
    } catch (error) {
      if (!signal.aborted) setTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      if (!signal.aborted) setBusy(false);
    }
  }
  createEffect(on([() => props.subject, () => JSON.stringify(props.area), narrow], () => void ask(undefined)));

  const count = () => `${number(found().length)}${more() ? '+' : ''}`;
  const choose = (by: ColumnName) => {
    const now = order();
    setParam('sort', orderText({ by, down: now.by === by ? !now.down : FIGURES.includes(by) || by === 'end' }));
  };
  const copyLink = async () => {
    await copy(props.link());
    notify({ severity: 'info', text: t().tmap.linkCopied });
  };

  return (
    <section class="panel tm-found" aria-labelledby="tm-found-title">
      <div class="panel-head">
        <h2 id="tm-found-title" tabindex="-1">
          {t().tmap.selected(count())}
        </h2>
        <span class="note" role="status">
          {stretch(props.area)} · {heights(props.area)}
        </span>
        <div class="end tm-actions">
          <TextField param="status" label={t().tmap.columns.status} tip={t().tmap.statusTip} narrow />
          <TextField param="text" label={t().tmap.columns.path} tip={t().tmap.textTip} narrow />
          <label class="tm-check">
            <input
              type="checkbox"
              checked={errors()}
              onChange={(event) => setParam('errors', event.currentTarget.checked ? '1' : undefined)}
            />
            {t().tmap.errorsOnly}
          </label>
          <button class="button plain" data-tip={t().tmap.zoomTip} onClick={() => props.onZoom()}>
            {t().tmap.zoom}
          </button>
          <button
            class="button plain"
            data-tip={t().tmap.csvTip}
            disabled={found().length === 0}
            onClick={() => save(csv(rows()), 'text/csv', fileName(props.area))}
          >
            CSV
          </button>
          <button class="button plain" data-tip={t().tmap.linkTip} onClick={() => void copyLink()}>
            {t().tmap.link}
          </button>
          <button class="button plain" onClick={() => props.onClose()}>
            {t().app.close}
          </button>
        </div>
      </div>
      <Show when={trouble()}>
        <Empty text={t().tmap.trouble} detail={trouble()!} />
      </Show>
      <Missing why={missing()} />
      <Show when={!trouble() && !busy() && found().length === 0}>
        <Empty
          text={t().tmap.nothingFound}
          detail={errors() ? t().tmap.nothingFoundErrors : t().tmap.nothingFoundHint}
        />
      </Show>
      <Show when={found().length > 0}>
        <div class="tm-scroll" aria-busy={busy()} tabindex="0" role="region" aria-labelledby="tm-found-title">
          <table>
            <thead>
              <tr>
                <For each={COLUMNS}>
                  {(name) => (
                    <th
                      class={FIGURES.includes(name) ? 'num' : undefined}
                      aria-sort={order().by !== name ? 'none' : order().down ? 'descending' : 'ascending'}
                    >
                      <button onClick={() => choose(name)}>
                        {t().tmap.columns[name]}
                        <span class="tm-arrow" aria-hidden="true">
                          {order().by === name ? (order().down ? '▾' : '▴') : ''}
                        </span>
                      </button>
                    </th>
                  )}
                </For>
                <th scope="col">
                  <span class="tm-plain">{t().nav.trace}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <For each={rows()}>{(one) => <Row one={one} onOpen={() => setOpen(one)} />}</For>
            </tbody>
          </table>
        </div>
        <Show when={more()}>
          <div class="tm-more">
            <button class="button" disabled={busy()} onClick={() => void ask(found().at(-1))}>
              {busy() ? t().app.loading : t().tmap.more}
            </button>
          </div>
        </Show>
      </Show>
      <Show when={open()} keyed>
        {(one) => <Detail one={one} onClose={() => setOpen(undefined)} />}
      </Show>
    </section>
  );
}

function Row(props: { one: Transaction; onOpen: () => void }) {
  const { one } = props;
  const failed = one.fault === 'service' || one.fault === 'platform';
  return (
    <tr classList={{ failed }} onClick={() => props.onOpen()}>
      <td>
        <button class="tm-open" aria-haspopup="dialog" aria-label={t().tmap.openRow(exact(one.end / 1000))}>
          {exact(one.end / 1000)}
        </button>
      </td>
      <td class="num strong">{seconds(one.response_seconds)}</td>
      <td class="num">{seconds(one.waiting_seconds)}</td>
      <td class="num">{seconds(one.upstream_seconds)}</td>
      <td>
        <Show when={one.function} fallback="–">
          {(name) => (
            <a href={href('function', name())} onClick={(event) => event.stopPropagation()}>
              {name()}
            </a>
          )}
        </Show>
      </td>
      <td>
        <Show when={one.service} fallback="–">
          {(name) => (
            <a href={href('service', name())} onClick={(event) => event.stopPropagation()}>
              {name()}
            </a>
          )}
        </Show>
      </td>
      <td>{one.instance ?? '–'}</td>
      <td>
        <Show when={one.caller} fallback="–">
          {(name) => (
            <a href={href('client', name())} onClick={(event) => event.stopPropagation()}>
              {name()}
            </a>
          )}
        </Show>
      </td>
      <td class="mono">{one.client}</td>
      <td class="mono">{one.method}</td>
      <td class="mono tm-path">{one.path || '–'}</td>
      <td class="num">{one.status || '–'}</td>
      <td>
        <span class={`tm-fault ${one.fault}`}>{t().tmap.faults[one.fault]}</span>
      </td>
      <td class="num">{one.attempts}</td>
      <td>
        <Show when={one.trace_id} fallback="–">
          <a class="tm-to-trace" href={href('trace', one.trace_id)} onClick={(event) => event.stopPropagation()}>
            {t().tmap.openTrace}
          </a>
        </Show>
      </td>
    </tr>
  );
}

function fileName({ from }: Area): string {
  return `transactions-${new Date(from * 1000).toISOString().slice(0, 19).replaceAll(':', '')}.csv`;
}
