/** Who calls whom: through the gateway, and as spans tell. */
import { For, Show } from 'solid-js';
import { asking } from '../api/asking';
import { serviceMap, stretchOf, type ServiceMap as Answer } from '../api/traces';
import { Asked } from '../components/data/Asked';
import { Empty } from '../components/Empty';
import { PageHead } from '../components/data/PageHead';
import { EdgeTable } from '../components/map/EdgeTable';
import { Picture } from '../components/map/Picture';
import { edgeKey, errorsOf, pageOf, shownName } from '../components/map/words';
import { Mark } from '../components/Mark';
import { RangeChoice } from '../components/RangeChoice';
import { percent, rate, seconds } from '../lib/format';
import { errorsTone } from '../lib/health';
import { t } from '../lib/i18n';
import { params, setParam } from '../lib/route';
import '../components/data/data.css';
import '../components/map/map.css';

/** As many lines with errors as are said in words. */
const SAID = 5;

export default function ServiceMap() {
  const words = () => t().serviceMap;
  const asked = asking((signal) => serviceMap(stretchOf(params()), signal), 10);
  const chosen = () => params().get('part') ?? undefined;
  const choose = (id: string | undefined) => setParam('part', id);
  return (
    <>
      <PageHead title={words().title} about={words().about}>
        <RangeChoice />
      </PageHead>
      <section class="panel" aria-label={words().title}>
        <Asked of={asked}>
          {(map) => (
            <Show when={map().edges.length > 0} fallback={<Empty text={words().none} detail={words().noneHint} />}>
              <Picture map={map()} chosen={chosen()} onChoose={choose} />
              <Said map={map()} onChoose={choose} />
            </Show>
          )}
        </Asked>
      </section>
      <Show when={(asked.value()?.edges.length ?? 0) > 0}>
        <Table map={asked.value()!} chosen={chosen()} onAll={() => choose(undefined)} />
      </Show>
    </>
  );
}

/** The lines with errors, in words. */
function Said(props: { map: Answer; onChoose: (id: string) => void }) {
  const words = () => t().serviceMap;
  const nodes = () => new Map(props.map.nodes.map((node) => [node.id, node]));
  const length = () => Math.max(1, props.map.to - props.map.from);
  const bad = () =>
    props.map.edges
      .filter((edge) => errorsTone(errorsOf(edge)) !== undefined)
      .sort((a, b) => errorsOf(b) - errorsOf(a));
  return (
    <div class="map-said" role="status">
      <Show when={bad().length > 0} fallback={<p class="muted">{words().calm}</p>}>
        <b>{words().trouble(bad().length)}</b>
        <ul>
          <For each={bad().slice(0, SAID)}>
            {(edge) => (
              <li>
                <Mark level={errorsTone(errorsOf(edge))!} />
                <button class="button plain" onClick={() => props.onChoose(edgeKey(edge))}>
                  {words().edge(
                    shownName(nodes().get(edge.from)),
                    shownName(nodes().get(edge.to)),
                    rate(edge.calls / length()),
                    percent(errorsOf(edge)),
                    seconds(edge.p95_seconds),
                  )}
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </div>
  );
}

function Table(props: { map: Answer; chosen: string | undefined; onAll: () => void }) {
  const words = () => t().serviceMap;
  const node = () => props.map.nodes.find((one) => one.id === props.chosen);
  const edges = () =>
    props.map.edges.filter(
      (edge) => props.chosen === undefined || [edgeKey(edge), edge.from, edge.to].includes(props.chosen),
    );
  const title = () => {
    if (props.chosen === undefined) return words().all;
    const edge = props.map.edges.find((one) => edgeKey(one) === props.chosen);
    const name = (id: string) => shownName(props.map.nodes.find((one) => one.id === id));
    return words().chosen(edge ? `${name(edge.from)} → ${name(edge.to)}` : shownName(node()));
  };
  return (
    <section class="panel" aria-label={title()}>
      <div class="panel-head">
        <h2>{title()}</h2>
        <Show when={props.chosen === undefined}>
          <span class="note">{words().choose}</span>
        </Show>
        <Show when={node() && pageOf(node()!)}>
          {(to) => (
            <a class="button" href={to()}>
              {words().open}
            </a>
          )}
        </Show>
        <Show when={props.chosen !== undefined}>
          <button class="button plain end" onClick={() => props.onAll()}>
            {words().all}
          </button>
        </Show>
      </div>
      <EdgeTable label={title()} map={props.map} edges={edges()} />
    </section>
  );
}
