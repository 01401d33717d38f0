import { For, Show } from 'solid-js';
import { alertsOf } from '../api/alerts';
import type { Traffic } from '../api/types';
import { printed } from '../lib/apdex';
import { number, percent, rate, seconds } from '../lib/format';
import type { Health } from '../lib/health';
import { t } from '../lib/i18n';
import { go, href } from '../lib/route';
import { ApdexBar } from './ApdexBar';
import { HealthMark } from './HealthMark';
import { Sparkline } from './Sparkline';

/** One service or function as the overview shows it. */
export interface Row {
  kind: 'service' | 'function';
  name: string;
  title: string;
  /** Beside the title, in small. */
  note: string | undefined;
  health: Health;
  traffic: Traffic;
  ready: number;
  desired: number;
  min: number;
  max: number;
}

/** Services or functions, one a row; on a phone one a card. */
export function SubjectTable(props: { label: string; rows: Row[] }) {
  const figures = () => t().figures;
  return (
    <table class="subjects" aria-label={props.label}>
      <thead>
        <tr>
          <Head class="state" label={figures().state} tip={t().health.order} />
          <th scope="col">{figures().name}</th>
          <Head class="apdex" label={figures().apdex} tip={figures().apdexTip} />
          <Head class="number" label={figures().rate} tip={figures().rateTip} />
          <th scope="col" class="trend">
            {figures().trend}
          </th>
          <Head class="number" label={figures().errors} tip={figures().errorsTip} />
          <Head class="number" label={figures().p95} tip={figures().p95Tip} />
          <Head class="number" label={figures().waiting} tip={figures().waitingTip} />
          <Head class="number" label={figures().users} tip={figures().usersTip} />
          <Head class="number instances" label={figures().instances} tip={figures().instancesTip} />
        </tr>
      </thead>
      <tbody>
        <For each={props.rows.map((row) => row.name)}>
          {(name) => {
            const row = () => props.rows.find((one) => one.name === name)!;
            return (
              <Show when={row()}>
                <SubjectRow row={row()} />
              </Show>
            );
          }}
        </For>
      </tbody>
    </table>
  );
}

function Head(props: { label: string; tip: string; class: string }) {
  return (
    <th scope="col" class={props.class}>
      <span data-tip={props.tip} tabindex="0">
        {props.label}
      </span>
    </th>
  );
}

function SubjectRow(props: { row: Row }) {
  const traffic = () => props.row.traffic;
  const figures = () => t().figures;
  const errors = () => traffic().error_ratio;
  const owner = () => `${props.row.kind}:${props.row.name}`;
  const open = () => alertsOf(owner());
  return (
    <tr
      class={props.row.health.level}
      onClick={(event) => {
        // The link is for keyboards, screen readers and new tabs; the row for who aims at less.
        if (!(event.target as Element).closest('a')) go(href(props.row.kind, props.row.name));
      }}
    >
      <td class="state">
        <HealthMark health={props.row.health} />
      </td>
      <th scope="row" class="name">
        <a href={href(props.row.kind, props.row.name)}>{props.row.title}</a>
        <Show when={props.row.note}>
          <span class="note">{props.row.note}</span>
        </Show>
        <Show when={open().length > 0}>
          <a
            class="alarm-count"
            classList={{ critical: open().some((one) => one.severity === 'critical') }}
            href={href('alerts', '', { owner: owner() })}
            aria-label={t().alerts.badge(open().length)}
            data-tip={t().alerts.badge(open().length)}
          >
            {open().length}
          </a>
        </Show>
      </th>
      <td class="apdex" data-label={figures().apdex} data-tip={figures().apdexTip}>
        <span class="score">{printed(traffic().apdex)}</span>
        <ApdexBar apdex={traffic().apdex} />
      </td>
      <td class="number" data-label={figures().rate} data-tip={figures().rateTip}>
        {rate(traffic().requests_per_second)}
      </td>
      <td class="trend">
        <Sparkline subject={`${props.row.kind}:${props.row.name}`} />
      </td>
      <td
        class="number"
        data-label={figures().errors}
        data-tip={figures().errorsTip}
        classList={{ bad: errors() >= 0.05, warn: errors() >= 0.01 && errors() < 0.05, zero: errors() === 0 }}
      >
        {percent(errors())}
      </td>
      <td class="number" data-label={figures().p95} data-tip={figures().p95Tip}>
        {seconds(traffic().p95_seconds)}
      </td>
      <td
        class="number waiting"
        data-label={figures().waiting}
        data-tip={figures().waitingTip}
        classList={{ warn: traffic().waiting > 0, zero: traffic().waiting === 0 }}
      >
        {number(traffic().waiting)}
      </td>
      <td class="number" data-label={figures().users} data-tip={figures().usersTip}>
        {number(traffic().active_users)}
      </td>
      <td
        class="number instances"
        data-label={figures().instances}
        data-tip={`${t().overview.boundsTip(props.row.min, props.row.max)}\n${figures().instancesTip}`}
      >
        <span classList={{ warn: props.row.ready < props.row.desired }}>
          {number(props.row.ready)}
          <span class="of">{t().overview.of(number(props.row.desired))}</span>
        </span>
        <span class="bounds">
          {props.row.min}–{props.row.max}
        </span>
      </td>
    </tr>
  );
}
