/** What the parts of the service map are called, and where they lead. */
import type { MapEdge, MapNode, ServiceMap } from '../../api/traces';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';

export function edgeKey({ from, to }: { from: string; to: string }): string {
  return `${from}>${to}`;
}

export function errorsOf({ calls, errors }: Pick<MapEdge, 'calls' | 'errors'>): number {
  return calls > 0 ? errors / calls : 0;
}

export function shownName(node: MapNode | undefined): string {
  if (!node) return '';
  return node.kind === 'clients' ? t().serviceMap.clients : node.name;
}

/** Everything that a node was asked. */
export function received(map: ServiceMap, id: string): { calls: number; errors: number } {
  return map.edges
    .filter((edge) => edge.to === id)
    .reduce((sum, edge) => ({ calls: sum.calls + edge.calls, errors: sum.errors + edge.errors }), {
      calls: 0,
      errors: 0,
    });
}

/** The page of a node that has one. */
export function pageOf(node: MapNode): string | undefined {
  if (node.kind === 'clients') return href('clients');
  if (node.kind === 'service') return href('service', node.name);
  if (node.kind === 'link') return href('link', node.name);
  return undefined;
}

/** Traces of who calls, where the edge is about one. */
export function tracesOf(edge: MapEdge, nodes: ReadonlyMap<string, MapNode>): string | undefined {
  const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)];
  const service = from?.kind === 'clients' ? to : from;
  if (!service || (service.kind !== 'service' && service.kind !== 'outside')) return undefined;
  const work = to?.kind === 'database' || to?.kind === 'messaging' ? to.kind : undefined;
  return href('traces', '', { service: service.name, work, errors: edge.errors > 0 ? '1' : undefined });
}
