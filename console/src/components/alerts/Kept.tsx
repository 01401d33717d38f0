/** What is watched, who is told, what was told, and for what nobody is told just now. */
import { createSignal, Show } from 'solid-js';
import { asking } from '../../api/asking';
import {
  alertItems,
  channels,
  endSilence,
  removeItem,
  sentNotices,
  silences,
  tryChannel,
  type AlertItem,
  type Channel,
  type SentNotice,
  type Silence,
} from '../../api/alerts';
import { may } from '../../api/session';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';
import { moment } from '../../lib/time';
import { Asked } from '../data/Asked';
import { DataTable, type Column } from '../data/DataTable';
import { State } from '../data/State';
import { Tags } from '../data/Tags';
import { AlertButton } from './AlertButton';
import { SilenceDialog } from './SilenceDialog';
import { ownerNamed } from './words';

const MOST = 200;

/** Does it, and says why when it could not. */
async function attempt(work: () => Promise<unknown>, then: () => void): Promise<void> {
  try {
    await work();
    then();
  } catch (error) {
    notify({ severity: 'error', text: t().actions.failed(error instanceof Error ? error.message : String(error)) });
  }
}

export function Items() {
  const asked = asking((signal) => alertItems(signal), 15);
  const words = () => t().alerts;
  const columns = (): Column<AlertItem>[] => [
    {
      key: 'name',
      label: words().name,
      kind: 'name',
      by: (row) => row.name,
      cell: (row) => (
        <>
          <span class="mono">{row.name}</span>
          <Show when={row.problem}>{(why) => <span class="note bad">{why()}</span>}</Show>
        </>
      ),
    },
    { key: 'of', label: words().of, by: (row) => row.of, cell: (row) => ownerNamed(row.of) },
    {
      key: 'when',
      label: words().condition,
      by: (row) => row.when,
      cell: (row) => <span class="mono">{row.when}</span>,
    },
    {
      key: 'severity',
      label: words().severity,
      by: (row) => row.severity,
      cell: (row) => (
        <State level={row.severity === 'critical' ? 'bad' : 'warn'} word={words().severities[row.severity]} />
      ),
    },
    {
      key: 'notify',
      label: words().notify,
      cell: (row) => <Tags words={row.notify} none={words().allChannels} />,
    },
    { key: 'origin', label: words().origin, by: (row) => row.origin, cell: (row) => words().origins[row.origin] },
    {
      key: 'do',
      label: '',
      kind: 'actions',
      cell: (row) => (
        <Show when={row.origin === 'registered' && may('operator')}>
          <button class="button" onClick={() => void attempt(() => removeItem(row.name), asked.again)}>
            {words().remove}
          </button>
        </Show>
      ),
    },
  ];
  return (
    <section class="panel" aria-label={words().items}>
      <div class="panel-head">
        <h2>{words().items}</h2>
        <span class="note">{words().itemsNote}</span>
        <span class="end">
          <AlertButton owner="service:*" figure="p95" wide onSet={asked.again} />
        </span>
      </div>
      <Asked of={asked}>
        {(rows) => (
          <DataTable label={words().items} rows={rows()} id={(row) => row.name} columns={columns()} param="sort" />
        )}
      </Asked>
    </section>
  );
}

export function Silences() {
  const asked = asking((signal) => silences(signal), 15);
  const words = () => t().alerts;
  const [adding, setAdding] = createSignal(false);
  const columns = (): Column<Silence>[] => [
    {
      key: 'what',
      label: words().scope,
      kind: 'name',
      cell: (row) =>
        row.owner && row.item
          ? words().scopes.this(ownerNamed(row.owner), row.item)
          : row.owner
            ? words().scopes.owner(ownerNamed(row.owner))
            : row.item
              ? words().scopes.item(row.item)
              : words().everything,
    },
    { key: 'until', label: words().until, by: (row) => row.until, cell: (row) => moment(row.until / 1000) },
    { key: 'why', label: words().whySilent, kind: 'words', cell: (row) => row.why },
    { key: 'by', label: words().by, by: (row) => row.by, cell: (row) => row.by },
    {
      key: 'do',
      label: '',
      kind: 'actions',
      cell: (row) => (
        <Show when={may('operator')}>
          <button class="button" onClick={() => void attempt(() => endSilence(row.id), asked.again)}>
            {words().endSilence}
          </button>
        </Show>
      ),
    },
  ];
  return (
    <section class="panel" aria-label={words().silences}>
      <div class="panel-head">
        <h2>{words().silences}</h2>
        <span class="note">{words().silencesNote}</span>
        <Show when={may('operator')}>
          <button class="button end" onClick={() => setAdding(true)}>
            {words().silenceAll}
          </button>
        </Show>
      </div>
      <Asked of={asked}>
        {(rows) => (
          <Show when={rows().length > 0} fallback={<p class="small-empty">{words().noSilences}</p>}>
            <DataTable label={words().silences} rows={rows()} id={(row) => String(row.id)} columns={columns()} />
          </Show>
        )}
      </Asked>
      <Show when={adding()}>
        <SilenceDialog owner={null} item={null} onDone={asked.again} onClose={() => setAdding(false)} />
      </Show>
    </section>
  );
}

export function Channels(props: { onTried: () => void }) {
  const asked = asking((signal) => channels(signal), 30);
  const words = () => t().alerts;
  const [tried, setTried] = createSignal<SentNotice>();
  const columns = (): Column<Channel>[] => [
    { key: 'name', label: words().channel, kind: 'name', by: (row) => row.name, cell: (row) => row.name },
    {
      key: 'way',
      label: words().way,
      by: (row) => row.way,
      cell: (row) => (words().ways as Record<string, string>)[row.way] ?? row.way,
    },
    { key: 'to', label: words().to, kind: 'words', cell: (row) => <span class="mono">{row.to}</span> },
    {
      key: 'severity',
      label: words().fromSeverity,
      by: (row) => row.severity,
      cell: (row) => words().severities[row.severity],
    },
    {
      key: 'do',
      label: '',
      kind: 'actions',
      cell: (row) => (
        <Show when={may('operator')}>
          <button
            class="button"
            data-tip={words().trialTip}
            onClick={() =>
              void attempt(
                async () => setTried(await tryChannel(row.name)),
                () => props.onTried(),
              )
            }
          >
            {words().trial}
          </button>
        </Show>
      ),
    },
  ];
  return (
    <section class="panel" aria-label={words().channels}>
      <div class="panel-head">
        <h2>{words().channels}</h2>
        <span class="note">{words().channelsNote}</span>
      </div>
      <Show when={tried()}>
        {(notice) => (
          <p class={notice().state === 'failed' ? 'trouble' : 'small-empty'} role="status">
            {words().tried(notice().channel, words().states[notice().state])} {notice().error ?? ''}
          </p>
        )}
      </Show>
      <Asked of={asked}>
        {(rows) => (
          <Show when={rows().length > 0} fallback={<p class="small-empty">{words().noChannels}</p>}>
            <DataTable label={words().channels} rows={rows()} id={(row) => row.name} columns={columns()} />
          </Show>
        )}
      </Asked>
    </section>
  );
}

export function Sent(props: { turn: number }) {
  const asked = asking((signal) => {
    void props.turn;
    return sentNotices(MOST, signal);
  }, 5);
  const words = () => t().alerts;
  const columns = (): Column<SentNotice>[] => [
    { key: 'at', label: words().at, by: (row) => row.at, cell: (row) => moment(row.at / 1000) },
    {
      key: 'subject',
      label: words().subject,
      kind: 'name',
      cell: (row) => (
        <details class="sent" lang={/[가-힣]/.test(row.subject) ? 'ko' : undefined}>
          <summary>{row.subject}</summary>
          <pre>{row.text}</pre>
        </details>
      ),
    },
    { key: 'channel', label: words().channel, by: (row) => row.channel, cell: (row) => row.channel },
    { key: 'reason', label: words().reason, by: (row) => row.reason, cell: (row) => words().reasons[row.reason] },
    {
      key: 'state',
      label: words().state,
      by: (row) => row.state,
      cell: (row) => (
        <>
          <State
            level={row.state === 'sent' ? 'good' : row.state === 'failed' ? 'bad' : 'busy'}
            word={words().states[row.state]}
          />
          <Show when={row.error}>{(why) => <div class="note bad">{why()}</div>}</Show>
        </>
      ),
    },
    {
      key: 'attempts',
      label: words().attempts,
      kind: 'number',
      by: (row) => row.attempts,
      cell: (row) => row.attempts,
    },
  ];
  return (
    <section class="panel" aria-label={words().sent}>
      <div class="panel-head">
        <h2>{words().sent}</h2>
        <span class="note">{words().sentNote}</span>
      </div>
      <Asked of={asked}>
        {(rows) => (
          <Show when={rows().length > 0} fallback={<p class="small-empty">{words().noSent}</p>}>
            <DataTable label={words().sent} rows={rows()} id={(row) => String(row.id)} columns={columns()} />
          </Show>
        )}
      </Asked>
    </section>
  );
}
