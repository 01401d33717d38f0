import { createSignal, For, onCleanup, onMount, Show } from 'solid-js';
import { events, onEvent } from '../api/live';
import { session } from '../api/session';
import type { Event, EventKind, Severity } from '../api/types';
import type { Level } from '../lib/health';
import { t } from '../lib/i18n';
import { dismiss, notices, notify } from '../lib/notice';
import { told, toldWithCause } from '../lib/tell';
import { moment } from '../lib/time';
import { Icon } from './Icon';
import { Mark } from './Mark';

/** What people want to be told of while they look at something else. */
const TOLD: ReadonlySet<EventKind> = new Set<EventKind>([
  'instance_started',
  'instance_exited',
  'instance_unhealthy',
  'instance_removed',
  'crash_loop',
  'no_room',
  'scaled',
  'rollout_started',
  'rollout_finished',
  'rollout_failed',
  'rolled_back',
  'gateway_lost',
  'config_applied',
  'config_refused',
]);

const LEVELS: Record<Severity, Level> = { info: 'busy', warning: 'warn', error: 'bad' };

const [opened, setOpened] = createSignal(false);
const [unseen, setUnseen] = createSignal(0);

/** Opens the log of notices. */
export function NoticesButton() {
  return (
    <button
      class="icon-button"
      aria-expanded={opened()}
      aria-label={t().notices.open(unseen())}
      data-tip={t().notices.title}
      onClick={() => {
        setOpened(!opened());
        setUnseen(0);
      }}
    >
      <Icon name="bell" />
      <Show when={unseen() > 0}>
        <span class="count">{unseen() > 99 ? '99+' : unseen()}</span>
      </Show>
    </button>
  );
}

/** Notices as they come, and the log of those that have been. */
export function Notices() {
  onMount(() => {
    const stop = onEvent((event) => {
      if (!TOLD.has(event.kind)) return;
      if (!opened()) setUnseen((n) => n + 1);
      // What somebody does on this page was said when they did it.
      if (event.actor === session()?.name) return;
      const text = toldWithCause(event, events());
      const detail = event.severity === 'error' && event.message !== text ? { detail: event.message } : {};
      notify({ severity: event.severity, text, ...detail });
    });
    onCleanup(stop);
  });
  return (
    <>
      <div class="toasts" role="status" aria-live="polite">
        <For each={notices()}>
          {(notice) => (
            <div class={`toast ${notice.severity}`}>
              <Mark level={LEVELS[notice.severity]} />
              <div class="grow">
                {notice.text}
                <Show when={notice.detail}>
                  <div class="muted">{notice.detail}</div>
                </Show>
              </div>
              <Show when={notice.undo}>
                {(undo) => (
                  <button
                    class="button"
                    onClick={() => {
                      dismiss(notice.id);
                      void undo()();
                    }}
                  >
                    {t().notices.undo}
                  </button>
                )}
              </Show>
              <button class="button plain" aria-label={t().notices.dismiss} onClick={() => dismiss(notice.id)}>
                <Icon name="cross" />
              </button>
            </div>
          )}
        </For>
      </div>
      <Show when={opened()}>
        <Log />
      </Show>
    </>
  );
}

function Log() {
  let box: HTMLElement | undefined;
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setOpened(false);
  };
  onMount(() => {
    box?.focus();
    document.addEventListener('keydown', key);
    onCleanup(() => document.removeEventListener('keydown', key));
  });
  return (
    <aside ref={box} class="drawer" aria-label={t().notices.title} tabindex="-1">
      <div class="panel-head">
        <h2>{t().notices.title}</h2>
        <button class="button plain end" aria-label={t().app.close} onClick={() => setOpened(false)}>
          <Icon name="cross" />
        </button>
      </div>
      <ul>
        <For each={events().toReversed()} fallback={<li>{t().notices.none}</li>}>
          {(event) => <Line event={event} />}
        </For>
      </ul>
    </aside>
  );
}

function Line(props: { event: Event }) {
  const more = () => {
    const { actor, message } = props.event;
    const by = actor && actor !== 'naru' ? t().notices.by(actor) : '';
    return [message === told(props.event) ? '' : message, by].filter(Boolean).join(' · ');
  };
  return (
    <li>
      <Mark level={LEVELS[props.event.severity]} />
      <span>{toldWithCause(props.event, events())}</span>
      <time class="muted">{moment(props.event.at / 1000)}</time>
      <Show when={more()}>
        <span class="detail">{more()}</span>
      </Show>
    </li>
  );
}
