/** Are users all right? Functions and services, the worst first. */
import { createMemo, Show, type JSX } from 'solid-js';
import { status } from '../api/live';
import type { FunctionStatus, ServiceStatus, Status } from '../api/types';
import { Empty, Loading } from '../components/Empty';
import { LinkTable } from '../components/links/LinkTable';
import { Mark } from '../components/Mark';
import { PlatformLine } from '../components/PlatformLine';
import { SubjectTable, type Row } from '../components/SubjectTable';
import { healthOfFunction, healthOfService } from '../lib/health';
import { t, titled } from '../lib/i18n';
import { href } from '../lib/route';
import '../styles/overview.css';

export default function Overview() {
  return (
    <Show when={status()} fallback={<Loading />}>
      {(now) => <Platform status={now()} />}
    </Show>
  );
}

function Platform(props: { status: Status }) {
  const functions = createMemo(() =>
    sorted(props.status.functions.map((one) => rowOfFunction(one, props.status.services))),
  );
  const services = createMemo(() => sorted(props.status.services.map(rowOfService)));
  return (
    <>
      <h1 class="hidden-visually">{t().nav.overview}</h1>
      <PlatformLine status={props.status} />
      <Show when={props.status.gateway.pid === 0}>
        <p class="banner" role="alert">
          <Mark level="bad" />
          {t().overview.noGateway}
        </p>
      </Show>
      <Group title={t().overview.functions} hint={t().overview.functionsHint} rows={functions()}>
        {t().overview.noFunctions}
      </Group>
      <Group
        title={t().overview.services}
        hint={t().overview.servicesHint}
        rows={services()}
        links={
          <>
            <a class="note" href={href('instances')}>
              {t().overview.allInstances}
            </a>
            <a class="note" href={href('host')}>
              {t().nav.host}
            </a>
          </>
        }
      >
        {t().overview.noServices}
      </Group>
      <Show when={props.status.links.length > 0}>
        <section class="panel" aria-label={t().links.title}>
          <div class="panel-head">
            <h2>{t().links.title}</h2>
            <span class="note">{t().overview.linksHint}</span>
          </div>
          <LinkTable label={t().links.title} links={props.status.links} />
        </section>
      </Show>
    </>
  );
}

function Group(props: { title: string; hint: string; rows: Row[]; links?: JSX.Element; children: string }) {
  const troubled = () => props.rows.filter((row) => row.health.level === 'bad' || row.health.level === 'warn').length;
  return (
    <section class="panel" aria-label={props.title}>
      <div class="panel-head">
        <h2>{props.title}</h2>
        <span class="note">{props.hint}</span>
        {props.links}
        <span class="note end" data-tip={t().health.order} tabindex="0">
          {t().overview.sortedByTrouble}
        </span>
        <Show when={props.rows.length > 0}>
          <strong class={troubled() > 0 ? 'troubled' : 'untroubled'}>
            {troubled() > 0 ? t().overview.manyBad(troubled()) : t().overview.allGood}
          </strong>
        </Show>
      </div>
      <Show when={props.rows.length > 0} fallback={<Empty text={props.children} />}>
        <SubjectTable label={props.title} rows={props.rows} />
      </Show>
    </section>
  );
}

function rowOfService(service: ServiceStatus): Row {
  return {
    kind: 'service',
    name: service.name,
    title: service.name,
    note: `r${service.revision}`,
    health: healthOfService(service),
    traffic: service.traffic,
    ready: service.ready,
    desired: service.desired,
    min: service.scaling.min,
    max: service.scaling.max,
  };
}

function rowOfFunction(one: FunctionStatus, services: readonly ServiceStatus[]): Row {
  const behind = services.filter((service) => one.services.includes(service.name));
  const sum = (of: (service: ServiceStatus) => number) => behind.reduce((total, service) => total + of(service), 0);
  return {
    kind: 'function',
    name: one.name,
    title: titled(one.title, one.name),
    note: one.owner ?? undefined,
    health: healthOfFunction(one, services),
    traffic: one.traffic,
    ready: sum((service) => service.ready),
    desired: sum((service) => service.desired),
    min: sum((service) => service.scaling.min),
    max: sum((service) => service.scaling.max),
  };
}

/** By trouble, then by how much is asked of them in powers of two, so that rows do not change places every second. */
function sorted(rows: Row[]): Row[] {
  const weight = (row: Row) => Math.round(row.health.weight / 10);
  const size = (row: Row) => Math.round(Math.log2(1 + row.traffic.requests_per_second));
  return rows.sort((a, b) => weight(b) - weight(a) || size(b) - size(a) || a.name.localeCompare(b.name));
}
