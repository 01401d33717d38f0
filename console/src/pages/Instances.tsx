/** Every instance on one screen: which are slow, failing or gone among hundreds. */
import { createMemo, For, Show } from 'solid-js';
import { unwrap } from 'solid-js/store';
import { status } from '../api/live';
import type { InstanceStatus, Status } from '../api/types';
import { Choices } from '../components/Choices';
import { Crowd, type Group } from '../components/crowd/Crowd';
import { gradeOf, well, type Cell, type Colouring } from '../components/crowd/painter';
import { Empty, Loading } from '../components/Empty';
import { PageHead } from '../components/data/PageHead';
import { number, percent, seconds } from '../lib/format';
import { t, titled } from '../lib/i18n';
import { href, params, setParam } from '../lib/route';

const COLOURINGS: readonly Colouring[] = ['response', 'errors', 'cpu', 'memory'];
const GROUPINGS = ['service', 'function', 'state'] as const;
type Grouping = (typeof GROUPINGS)[number];
/** T of Apdex where no function says another, in seconds. */
const DEFAULT_TARGET = 0.5;
/** Above and below the picture, in pixels. */
const AROUND = 270;
const SAID = 12;

export default function Instances() {
  const words = () => t().crowd;
  const by = () => COLOURINGS.find((one) => one === params().get('colour')) ?? 'response';
  const grouping = () => GROUPINGS.find((one) => one === params().get('group')) ?? 'service';
  const groups = createMemo(() => {
    const now = status();
    // Anew with each status as a whole, not with each figure in it.
    return now && now.at > 0 ? grouped(unwrap(now), grouping()) : [];
  });
  const all = () => groups().flatMap((group) => group.cells);
  return (
    <Show when={status()} fallback={<Loading />}>
      <PageHead title={words().title} about={words().about} />
      <section class="panel" aria-label={words().title}>
        <div class="panel-head">
          <span class="note">{words().group}</span>
          <Choices
            label={words().group}
            options={GROUPINGS.map((value) => ({ value, label: words().groups[value] }))}
            value={grouping()}
            onChoose={(group) => setParam('group', group === 'service' ? undefined : group)}
          />
          <span class="note">{words().colour}</span>
          <Choices
            label={words().colour}
            options={COLOURINGS.map((value) => ({ value, label: words().colours[value] }))}
            value={by()}
            onChoose={(colour) => setParam('colour', colour === 'response' ? undefined : colour)}
          />
          <Legend by={by()} />
        </div>
        <Show when={all().length > 0} fallback={<Empty text={words().none} />}>
          <Crowd groups={groups()} by={by()} height={Math.max(240, window.innerHeight - AROUND)} />
          <Troubled cells={all()} by={by()} />
        </Show>
      </section>
    </Show>
  );
}

/** What colours mean, in numbers. */
export function Legend(props: { by: Colouring }) {
  const grades = () => {
    switch (props.by) {
      case 'response':
        return [t().subject.legend.fast, t().subject.legend.tolerating, t().subject.legend.slow];
      case 'errors':
        return [`< ${percent(0.01)}`, `≥ ${percent(0.01)}`, `≥ ${percent(0.05)}`];
      case 'cpu':
        return ['< 0.8', '≥ 0.8', '≥ 1.6'].map((one) => `${one} ${t().figures.cores}`);
      case 'memory':
        return ['< 1 GiB', '≥ 1 GiB', '≥ 4 GiB'];
    }
  };
  return (
    <ul class="legend end">
      <For each={grades()}>
        {(label, index) => (
          <li>
            <span class="crowd-key" style={{ background: `var(--crowd-${['good', 'fair', 'bad'][index()]})` }} />
            {index() === 2 ? '✕ ' : ''}
            {label}
          </li>
        )}
      </For>
      <li>{t().crowd.keysShort}</li>
    </ul>
  );
}

function Troubled(props: { cells: readonly Cell[]; by: Colouring }) {
  const found = () =>
    props.cells
      .filter((cell) => !well(cell) || gradeOf(cell, props.by) === 2)
      .sort((a, b) => Number(well(a)) - Number(well(b)) || b.instance.mean_seconds - a.instance.mean_seconds);
  return (
    <div class="troubled-list">
      <Show when={found().length > 0} fallback={<span class="muted">{t().crowd.calm}</span>}>
        <b>
          {t().crowd.troubled} {number(found().length)}
        </b>
        <For each={found().slice(0, SAID)}>
          {({ instance }) => (
            <span>
              <a href={href('instance', instance.id)}>{instance.id}</a>{' '}
              <span class="muted">
                {t().states[instance.state]} · {seconds(instance.mean_seconds)}
              </span>
            </span>
          )}
        </For>
      </Show>
    </div>
  );
}

function grouped(now: Status, by: Grouping): Group[] {
  const target = (service: string) =>
    Math.min(
      ...now.functions.filter((one) => one.services.includes(service)).map((one) => one.apdex_t_seconds),
      Infinity,
    );
  const cellsOf = (service: string, instances: readonly InstanceStatus[]): Cell[] => {
    const own = target(service);
    return instances.map((instance) => ({ instance, target: Number.isFinite(own) ? own : DEFAULT_TARGET }));
  };
  const services = now.services.map((service) => ({ service, cells: cellsOf(service.name, service.instances) }));
  if (by === 'service')
    return services.map(({ service, cells }) => ({
      key: service.name,
      title: service.name,
      href: href('service', service.name),
      cells,
    }));
  if (by === 'state') {
    const all = services.flatMap(({ cells }) => cells);
    return (Object.keys(t().states) as InstanceStatus['state'][])
      .map((state) => ({
        key: state,
        title: t().states[state],
        cells: all.filter(({ instance }) => instance.state === state),
      }))
      .filter(({ cells }) => cells.length > 0);
  }
  // A service behind several functions is shown with each; one behind none, by itself.
  const functions = now.functions.map((one) => ({
    key: one.name,
    title: titled(one.title, one.name),
    href: href('function', one.name),
    cells: services.filter(({ service }) => one.services.includes(service.name)).flatMap(({ cells }) => cells),
  }));
  const free = services.filter(({ service }) => !now.functions.some((one) => one.services.includes(service.name)));
  const rest = { key: '', title: t().crowd.noFunction, cells: free.flatMap(({ cells }) => cells) };
  return [...functions, rest].filter(({ cells }) => cells.length > 0);
}
