/** The charts of what is measured inside an instance, as far as it says so. */
import { createMemo, For, Show, type JSX } from 'solid-js';
import { asking } from '../../api/asking';
import { metricNames, type MetricName } from '../../api/metrics';
import { t } from '../../lib/i18n';
import { params } from '../../lib/route';
import { rangeOf } from '../../lib/time';
import { href } from '../../lib/route';
import { Empty } from '../Empty';
import { MetricChart } from './MetricChart';
import { JVM, type Panel, type PanelKey } from './panels';
import '../charts/charts.css';

/** Charts of an owner's JVM and pools. Nothing at all where it has none, unless `empty` says what is missing. */
export function JvmPanels(props: {
  owner: string;
  title: string;
  /** Only these. */
  only?: readonly PanelKey[];
  /** Round a moment, in seconds since 1970, instead of the range of the page. */
  moment?: number;
  head?: JSX.Element;
  empty?: string;
}) {
  const names = asking((signal) => metricNames(props.owner, undefined, signal), 30);
  const range = createMemo(() => rangeOf(params().get('range')));
  const panels = createMemo(
    () =>
      JVM.filter((panel) => !props.only || props.only.includes(panel.key)).map((panel) =>
        known(panel, names.value() ?? []),
      ),
    [],
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const there = () => panels().filter((panel) => panel !== undefined);
  return (
    <Show when={there().length > 0 || (props.empty && names.value())}>
      <section class="panel" aria-label={props.title}>
        <div class="panel-head">
          <h2>{props.title}</h2>
          {props.head}
          <a class="end note" href={href('metrics', '', { owner: props.owner })}>
            {t().metrics.all}
          </a>
        </div>
        <Show when={there().length > 0} fallback={<Empty text={props.empty ?? ''} />}>
          <div class="charts">
            <For each={there()}>
              {({ key, name }) => (
                <MetricChart
                  owner={props.owner}
                  name={name}
                  title={t().metrics.panels[key]}
                  keep={JVM.find((panel) => panel.key === key)?.keep}
                  seconds={props.moment === undefined ? range().seconds : 600}
                  end={props.moment === undefined ? undefined : Math.ceil(props.moment) + 300}
                  mark={props.moment}
                />
              )}
            </For>
          </div>
        </Show>
      </section>
    </Show>
  );
}

function known(panel: Panel, names: readonly MetricName[]): { key: PanelKey; name: string } | undefined {
  const has = (name: string) =>
    names.some((one) => (name.endsWith('*') ? one.name.startsWith(name.slice(0, -1)) : one.name === name));
  const name = panel.names.find(has);
  return name === undefined ? undefined : { key: panel.key, name };
}
