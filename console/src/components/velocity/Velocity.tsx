import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show } from 'solid-js';
import type { InstanceStatus } from '../../api/types';
import { bytes, cores, number, rate, seconds } from '../../lib/format';
import type { Level } from '../../lib/health';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { theme } from '../../lib/theme';
import { duration } from '../../lib/time';
import { serverNow } from '../../api/clock';
import { staleFor } from '../../api/live';
import { Mark } from '../Mark';
import { Legend } from './Legend';
import { Painter } from './painter';
import './velocity.css';

export const LEVELS: Record<InstanceStatus['state'], Level> = {
  ready: 'good',
  starting: 'busy',
  draining: 'busy',
  stopping: 'busy',
  unhealthy: 'bad',
  ejected: 'warn',
};

/** Where lanes begin on the canvas; narrower on a phone. */
const QUEUE = 84;
const QUEUE_NARROW = 34;

/** Request velocity: the picture on a canvas, and every number of it in a table beside. */
export function Velocity(props: { instances: readonly InstanceStatus[]; waiting: number; target: number }) {
  const [inView, setInView] = createSignal(false);
  const [hidden, setHidden] = createSignal(document.hidden);
  const [still, setStill] = createSignal(matchMedia('(prefers-reduced-motion: reduce)').matches);
  const ids = createMemo(() => props.instances.map((instance) => instance.id), [], {
    equals: (a, b) => a.length === b.length && a.every((id, at) => id === b[at]),
  });
  let canvas!: HTMLCanvasElement;
  let table!: HTMLTableElement;

  onMount(() => {
    const painter = new Painter(canvas);
    const measure = () => painter.resize(geometry(table));
    const sizes = new ResizeObserver(measure);
    sizes.observe(table);
    const sight = new IntersectionObserver(([entry]) => setInView(entry?.isIntersecting ?? false));
    sight.observe(canvas);
    const visibility = () => setHidden(document.hidden);
    const motion = matchMedia('(prefers-reduced-motion: reduce)');
    const moved = () => setStill(motion.matches);
    document.addEventListener('visibilitychange', visibility);
    motion.addEventListener('change', moved);
    createEffect(() => {
      theme();
      painter.restyle();
    });
    createEffect(() => {
      ids();
      queueMicrotask(measure);
    });
    createEffect(() => painter.show({ instances: [...props.instances], waiting: props.waiting, target: props.target }));
    createEffect(() => {
      // What is no longer so does not move either.
      if (inView() && !hidden() && !still() && staleFor() === undefined) painter.frames.start();
      else painter.frames.stop();
      if (still()) painter.still();
    });
    onCleanup(() => {
      painter.frames.stop();
      sizes.disconnect();
      sight.disconnect();
      document.removeEventListener('visibilitychange', visibility);
      motion.removeEventListener('change', moved);
    });
  });

  return (
    <section class="panel velocity" aria-label={t().subject.velocity}>
      <div class="panel-head">
        <h2 data-tip={t().subject.velocityTip} tabindex="0">
          {t().subject.velocity}
        </h2>
        <Legend />
      </div>
      <div class="stage" classList={{ roomy: ids().length < 6, dense: ids().length > 14, denser: ids().length > 30 }}>
        <canvas ref={canvas} aria-hidden="true" />
        <table ref={table}>
          <thead>
            <tr>
              <th class="lane" scope="col">
                <span class="queue-label" classList={{ some: props.waiting > 0 }} data-tip={t().figures.waitingTip}>
                  {t().subject.queue} {number(props.waiting)}
                </span>
              </th>
              <th scope="col">{t().subject.instance}</th>
              <th scope="col">{t().figures.state}</th>
              <Head tip={t().figures.inFlightTip}>{t().figures.inFlight}</Head>
              <Head tip={t().figures.rateTip}>TPS</Head>
              <Head tip={t().figures.responseTip}>{t().figures.mean}</Head>
              <th scope="col" class="number wide">
                CPU
              </th>
              <th scope="col" class="number wide">
                {t().figures.memory}
              </th>
            </tr>
          </thead>
          <tbody>
            <For each={ids()} fallback={<NoInstances />}>
              {(id) => (
                <Show when={props.instances.find((instance) => instance.id === id)}>
                  {(instance) => <Row instance={instance()} />}
                </Show>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Head(props: { tip: string; children: string }) {
  return (
    <th scope="col" class="number">
      <span data-tip={props.tip} tabindex="0">
        {props.children}
      </span>
    </th>
  );
}

function NoInstances() {
  return (
    <tr>
      <td colspan="8" class="none">
        {t().subject.noInstances}
      </td>
    </tr>
  );
}

function Row(props: { instance: InstanceStatus }) {
  const one = () => props.instance;
  const tip = () =>
    [
      one().address,
      `r${one().revision} · pid ${one().pid}`,
      t().subject.since(duration(serverNow() - one().since / 1e6)),
      one().restarts > 0 ? t().subject.restarts(one().restarts) : undefined,
    ]
      .filter(Boolean)
      .join('\n');
  return (
    <tr class={one().state}>
      <td class="lane" />
      <th scope="row" class="id" data-tip={tip()}>
        <a href={href('instance', one().id)}>{one().id}</a>
      </th>
      <td class="state">
        <span class={`health ${LEVELS[one().state] ?? 'warn'}`}>
          <Mark level={LEVELS[one().state] ?? 'warn'} />
          <span class="word">{t().states[one().state] ?? one().state}</span>
        </span>
      </td>
      <td class="number strong">{number(one().in_flight)}</td>
      <td class="number">{rate(one().requests_per_second)}</td>
      <td class="number">{seconds(one().mean_seconds)}</td>
      <td class="number wide">{cores(one().cpu_cores)}</td>
      <td class="number wide">{bytes(one().memory_bytes)}</td>
    </tr>
  );
}

/** Where the table has put its lanes. */
function geometry(table: HTMLTableElement) {
  const head = table.querySelector<HTMLElement>('th.lane');
  const rows = [...table.querySelectorAll<HTMLElement>('tbody td.lane')];
  const width = head?.offsetWidth ?? 0;
  return {
    width,
    height: table.offsetHeight,
    queue: width < 260 ? QUEUE_NARROW : QUEUE,
    rows: rows.map((cell) => ({ top: cell.offsetTop, height: cell.offsetHeight })),
  };
}
