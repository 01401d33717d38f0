/** The lines of the service map in words and numbers, the worst first. */
import { Show } from 'solid-js';
import type { MapEdge, MapNode, ServiceMap } from '../../api/traces';
import { percent, rate, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { DataTable, type Column } from '../data/DataTable';
import { figure, toneOf } from '../data/columns';
import { edgeKey, errorsOf, pageOf, shownName, tracesOf } from './words';

export function EdgeTable(props: { label: string; map: ServiceMap; edges: readonly MapEdge[] }) {
  const words = () => t().serviceMap;
  const nodes = () => new Map(props.map.nodes.map((node) => [node.id, node]));
  const length = () => Math.max(1, props.map.to - props.map.from);
  const columns = (): Column<MapEdge>[] => [
    {
      key: 'from',
      label: words().from,
      kind: 'name',
      by: (row) => shownName(nodes().get(row.from)),
      cell: (row) => <Named node={nodes().get(row.from)} />,
    },
    {
      key: 'to',
      label: words().to,
      by: (row) => shownName(nodes().get(row.to)),
      cell: (row) => <Named node={nodes().get(row.to)} kind />,
    },
    figure(
      'calls',
      words().calls,
      (row) => row.calls,
      (calls) => rate(calls / length()),
    ),
    { ...figure('errors', t().figures.errors, errorsOf, percent), tone: (row) => toneOf(errorsOf(row)) },
    figure('mean', t().figures.mean, (row) => row.mean_seconds, seconds),
    figure('p95', t().figures.p95, (row) => row.p95_seconds, seconds),
    {
      key: 'do',
      label: '',
      kind: 'actions',
      cell: (row) => <Show when={tracesOf(row, nodes())}>{(to) => <a href={to()}>{words().findTraces}</a>}</Show>,
    },
  ];
  return (
    <DataTable label={props.label} rows={props.edges} id={edgeKey} columns={columns()} usual="-errors" param="sort" />
  );
}

function Named(props: { node: MapNode | undefined; kind?: boolean }) {
  return (
    <>
      <Show when={props.node && pageOf(props.node)} fallback={shownName(props.node)}>
        {(to) => <a href={to()}>{shownName(props.node)}</a>}
      </Show>
      <Show when={props.kind && props.node}>
        {(node) => <span class="muted"> {t().serviceMap.kinds[node().kind]}</span>}
      </Show>
    </>
  );
}
