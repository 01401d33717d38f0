/** The service map as a picture: boxes in layers, lines as thick as there are calls, errors on them in colour, shape and words. */
import { createMemo, For, Show } from 'solid-js';
import type { MapEdge, MapNode, ServiceMap } from '../../api/traces';
import { percent, rate, seconds } from '../../lib/format';
import { errorsTone } from '../../lib/health';
import { t } from '../../lib/i18n';
import { BOX, layout, type Link } from '../../lib/layout';
import { edgeKey, errorsOf, received, shownName } from './words';

/** With more lines than this only the chosen ones and those with errors are labelled. */
const LABELLED = 40;
const RANK: Record<MapNode['kind'], number> = {
  clients: 0,
  service: 1,
  outside: 2,
  link: 3,
  messaging: 4,
  database: 5,
};

export function Picture(props: {
  map: ServiceMap;
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}) {
  const placed = createMemo(
    () =>
      layout(
        props.map.nodes.map((node) => [node.id, RANK[node.kind]]),
        props.map.edges,
      ),
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const length = () => Math.max(1, props.map.to - props.map.from);
  const edges = createMemo(() => new Map(props.map.edges.map((edge) => [edgeKey(edge), edge])));
  const nodes = createMemo(() => new Map(props.map.nodes.map((node) => [node.id, node])));
  const busiest = () => Math.max(1, ...props.map.edges.map((edge) => edge.calls));
  const near = (edge: MapEdge) =>
    props.chosen === undefined ||
    props.chosen === edgeKey(edge) ||
    props.chosen === edge.from ||
    props.chosen === edge.to;
  const press = (id: string) => props.onChoose(props.chosen === id ? undefined : id);
  const key = (event: KeyboardEvent, id: string) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    press(id);
  };
  const labelled = (edge: MapEdge) =>
    props.map.edges.length <= LABELLED ||
    errorsTone(errorsOf(edge)) !== undefined ||
    (props.chosen !== undefined && near(edge));
  return (
    <div class="map-scroll">
      <svg
        class="map"
        width={placed().width}
        height={placed().height}
        viewBox={`0 0 ${placed().width} ${placed().height}`}
        role="group"
        aria-label={t().serviceMap.label}
      >
        <defs>
          <For each={['calm', 'warn', 'bad']}>
            {(tone) => (
              <marker
                id={`map-${tone}`}
                viewBox="0 0 8 8"
                refX="7"
                refY="4"
                markerWidth="9"
                markerHeight="9"
                markerUnits="userSpaceOnUse"
                orient="auto"
              >
                <path d="M0 0 8 4 0 8Z" class={tone} />
              </marker>
            )}
          </For>
        </defs>
        <For each={placed().links}>
          {(link) => (
            <Show when={edges().get(edgeKey(link))}>
              {(edge) => {
                const tone = () => errorsTone(errorsOf(edge())) ?? 'calm';
                const name = () =>
                  t().serviceMap.edge(
                    shownName(nodes().get(link.from)),
                    shownName(nodes().get(link.to)),
                    rate(edge().calls / length()),
                    percent(errorsOf(edge())),
                    seconds(edge().p95_seconds),
                  );
                return (
                  <g
                    class={`map-edge ${tone()}`}
                    classList={{ faint: !near(edge()), chosen: props.chosen === edgeKey(edge()) }}
                    role="button"
                    tabindex="0"
                    aria-label={name()}
                    aria-pressed={props.chosen === edgeKey(edge())}
                    data-tip={name()}
                    onClick={() => press(edgeKey(edge()))}
                    on:keydown={(event) => key(event, edgeKey(edge()))}
                  >
                    <path class="reach" d={path(link)} />
                    <path
                      class="line"
                      d={path(link)}
                      stroke-width={1 + 5 * Math.sqrt(edge().calls / busiest())}
                      marker-end={`url(#map-${tone()})`}
                    />
                    <Show when={labelled(edge())}>
                      <Label edge={edge()} link={link} rate={edge().calls / length()} />
                    </Show>
                  </g>
                );
              }}
            </Show>
          )}
        </For>
        <For each={placed().boxes}>
          {(box) => (
            <Show when={nodes().get(box.id)}>
              {(node) => (
                <Node
                  node={node()}
                  map={props.map}
                  chosen={props.chosen === box.id}
                  x={box.x}
                  y={box.y}
                  length={length()}
                  onPress={() => press(box.id)}
                  onKey={(event) => key(event, box.id)}
                />
              )}
            </Show>
          )}
        </For>
      </svg>
    </div>
  );
}

function Node(props: {
  node: MapNode;
  map: ServiceMap;
  chosen: boolean;
  x: number;
  y: number;
  length: number;
  onPress: () => void;
  onKey: (event: KeyboardEvent) => void;
}) {
  const sum = () => received(props.map, props.node.id);
  const errors = () => (sum().calls > 0 ? sum().errors / sum().calls : 0);
  const kind = () => t().serviceMap.kinds[props.node.kind];
  const name = () =>
    t().serviceMap.node(kind(), shownName(props.node), rate(sum().calls / props.length), percent(errors()));
  return (
    <g
      class={`map-node ${props.node.kind} ${errorsTone(errors()) ?? ''}`}
      classList={{ chosen: props.chosen }}
      transform={`translate(${props.x} ${props.y})`}
      role="button"
      tabindex="0"
      aria-label={name()}
      aria-pressed={props.chosen}
      onClick={() => props.onPress()}
      on:keydown={(event) => props.onKey(event)}
    >
      <rect width={BOX.width} height={BOX.height} rx={props.node.kind === 'database' ? 14 : 6} />
      <text class="kind" x="12" y="16">
        {props.node.kind === 'clients' ? '' : kind()}
      </text>
      <text class="name" x="12" y="33">
        {cut(shownName(props.node))}
      </text>
      <Show when={sum().calls > 0}>
        <text class="figures" x="12" y="48">
          {rate(sum().calls / props.length)}/s
          {errorsTone(errors()) ? ` · ✕ ${percent(errors())}` : ''}
        </text>
      </Show>
    </g>
  );
}

function Label(props: { edge: MapEdge; link: Link; rate: number }) {
  const errors = () => errorsTone(errorsOf(props.edge)) !== undefined;
  const text = () =>
    errors()
      ? `✕ ${percent(errorsOf(props.edge))} · ${seconds(props.edge.p95_seconds)}`
      : `${rate(props.rate)}/s · ${seconds(props.edge.p95_seconds)}`;
  const at = () => {
    const { points, back } = props.link;
    const [a, b] = [points.at(-2)!, points.at(-1)!];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + (back ? 34 : 0) };
  };
  return (
    <text class="label" x={at().x} y={at().y - 4} text-anchor="middle">
      {text()}
    </text>
  );
}

/** As much of a name as fits into a box. */
function cut(name: string): string {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}

/** Curves between the corners; where a line passes a layer it is straight. */
function path({ points, back }: Link): string {
  const [first, ...rest] = points;
  if (!first) return '';
  if (back) {
    const last = rest.at(-1)!;
    const low = Math.max(first.y, last.y) + 44;
    return `M${first.x} ${first.y}C${first.x} ${low} ${last.x} ${low} ${last.x} ${last.y}`;
  }
  let drawn = `M${first.x} ${first.y}`;
  let before = first;
  for (const point of rest) {
    const half = (before.x + point.x) / 2;
    drawn += `C${half} ${before.y} ${half} ${point.y} ${point.x} ${point.y}`;
    before = point;
  }
  return drawn;
}
