/**
 * Where the parts of the service map lie: in layers from clients to what is called last, and within a layer so that few lines
 * cross. The same parts always lie in the same places: only who calls whom counts, never how much. Source: the layered drawing of
 * graphs by Sugiyama, Tagawa and Toda (1981): layers by the longest path, order by barycentres.
 */

export interface Box {
  id: string;
  x: number;
  y: number;
}

export interface Link {
  from: string;
  to: string;
  /** Corners of the line, from right side to left side; at least two. */
  points: { x: number; y: number }[];
  /** It leads back, to a layer before its own or to its own. */
  back: boolean;
}

export interface Layout {
  boxes: Box[];
  links: Link[];
  width: number;
  height: number;
}

export const BOX = { width: 176, height: 56 } as const;
const ACROSS = 172;
const DOWN = 30;
/** Room that a line takes which passes a layer. */
const LANE = 26;
const MARGIN = 16;
const SWEEPS = 8;

interface Place {
  id: string;
  layer: number;
  height: number;
  /** Of lines that pass: none is drawn. */
  passing: boolean;
  before: Place[];
  behind: Place[];
  y: number;
}

/** Nodes as `[id, rank]`: a smaller rank comes first where nothing else decides. */
export function layout(
  nodes: readonly (readonly [string, number])[],
  edges: readonly { from: string; to: string }[],
): Layout {
  const ids = [...nodes].sort((a, b) => a[1] - b[1] || a[0].localeCompare(b[0])).map(([id]) => id);
  const known = new Set(ids);
  const wanted = edges
    .filter(({ from, to }) => from !== to && known.has(from) && known.has(to))
    .sort((a, b) => a.from.localeCompare(b.from) || a.to.localeCompare(b.to));
  const back = backward(ids, wanted);
  const forward = wanted.filter((edge) => !back.has(edge));
  const layers = layersOf(ids, forward);
  const places = new Map(ids.map((id): [string, Place] => [id, placeOf(id, layers.get(id)!, BOX.height, false)]));
  const lanes = forward.map((edge) => chain(edge, places));
  const columns: Place[][] = [];
  for (const place of [...places.values(), ...lanes.flatMap((lane) => lane.slice(1, -1))])
    (columns[place.layer] ??= []).push(place);
  const filled = columns.filter(Boolean);
  order(filled);
  const height = stack(filled);
  const xOf = (layer: number) => MARGIN + layer * (BOX.width + ACROSS);
  const centre = (place: Place) => place.y + place.height / 2;
  const links = forward.map(({ from, to }, index): Link => {
    const lane = lanes[index]!;
    const points = lane.flatMap((place, at) => {
      const y = centre(place);
      if (at === 0) return [{ x: xOf(place.layer) + BOX.width, y }];
      if (at === lane.length - 1) return [{ x: xOf(place.layer), y }];
      return [
        { x: xOf(place.layer), y },
        { x: xOf(place.layer) + BOX.width, y },
      ];
    });
    return { from, to, points, back: false };
  });
  for (const { from, to } of back) {
    const [source, target] = [places.get(from)!, places.get(to)!];
    const points = [
      { x: xOf(source.layer) + BOX.width / 2, y: source.y + BOX.height },
      { x: xOf(target.layer) + BOX.width / 2, y: target.y + BOX.height },
    ];
    links.push({ from, to, points, back: true });
  }
  const boxes = [...places.values()].map(({ id, layer, y }) => ({ id, x: xOf(layer), y }));
  const last = filled.length - 1;
  return { boxes, links, width: xOf(Math.max(0, last)) + BOX.width + MARGIN, height: height + MARGIN };
}

function placeOf(id: string, layer: number, height: number, passing: boolean): Place {
  return { id, layer, height, passing, before: [], behind: [], y: 0 };
}

/** Those that close a circle, found depth first from the ids in their order. */
function backward<E extends { from: string; to: string }>(ids: readonly string[], edges: readonly E[]): Set<E> {
  const out = new Map(ids.map((id): [string, E[]] => [id, edges.filter(({ from }) => from === id)]));
  const called = new Set(edges.map(({ to }) => to));
  const state = new Map<string, 'open' | 'done'>();
  const found = new Set<E>();
  const begin = [...ids.filter((id) => !called.has(id)), ...ids];
  for (const root of begin) {
    if (state.has(root)) continue;
    state.set(root, 'open');
    const open = [{ id: root, next: 0 }];
    for (let top = open.at(-1); top; top = open.at(-1)) {
      const edge = out.get(top.id)![top.next];
      if (!edge) {
        state.set(top.id, 'done');
        open.pop();
        continue;
      }
      top.next += 1;
      const seen = state.get(edge.to);
      if (seen === 'open') found.add(edge);
      else if (!seen) {
        state.set(edge.to, 'open');
        open.push({ id: edge.to, next: 0 });
      }
    }
  }
  return found;
}

/** The longest way from where nobody calls. */
function layersOf(ids: readonly string[], edges: readonly { from: string; to: string }[]): Map<string, number> {
  const layers = new Map(ids.map((id): [string, number] => [id, 0]));
  // Without circles no way is longer than there are ids.
  for (let round = 0; round < ids.length; round += 1) {
    let moved = false;
    for (const { from, to } of edges) {
      const next = layers.get(from)! + 1;
      if (next > layers.get(to)!) {
        layers.set(to, next);
        moved = true;
      }
    }
    if (!moved) break;
  }
  return layers;
}

/** A line and the places where it passes layers between. */
function chain({ from, to }: { from: string; to: string }, places: Map<string, Place>): Place[] {
  const [source, target] = [places.get(from)!, places.get(to)!];
  const lane = [source];
  for (let layer = source.layer + 1; layer < target.layer; layer += 1)
    lane.push(placeOf(`${from}\t${to}\t${layer}`, layer, LANE, true));
  lane.push(target);
  for (let at = 1; at < lane.length; at += 1) {
    lane[at - 1]!.behind.push(lane[at]!);
    lane[at]!.before.push(lane[at - 1]!);
  }
  return lane;
}

/** Puts each layer in the order of the middle of what its parts lead to, forth and back. */
function order(columns: Place[][]): void {
  const at = new Map<Place, number>();
  const count = (column: Place[]) =>
    column.forEach((place, index) => at.set(place, index / Math.max(1, column.length - 1)));
  columns.forEach(count);
  const sort = (column: Place[], of: (place: Place) => Place[]) => {
    const middle = new Map(
      column.map((place): [Place, number] => {
        const beside = of(place);
        const sum = beside.reduce((total, one) => total + at.get(one)!, 0);
        return [place, beside.length > 0 ? sum / beside.length : at.get(place)!];
      }),
    );
    column.sort((a, b) => middle.get(a)! - middle.get(b)! || at.get(a)! - at.get(b)! || a.id.localeCompare(b.id));
    count(column);
  };
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const column of columns.slice(1)) sort(column, (place) => place.before);
    for (const column of [...columns].reverse().slice(1)) sort(column, (place) => place.behind);
  }
}

/** One below the other, each layer in the middle of the height. Returns the height. */
function stack(columns: readonly Place[][]): number {
  const heightOf = (column: readonly Place[]) => column.reduce((sum, place) => sum + place.height + DOWN, -DOWN);
  const height = Math.max(0, ...columns.map(heightOf));
  for (const column of columns) {
    let y = MARGIN + (height - heightOf(column)) / 2;
    for (const place of column) {
      place.y = y;
      y += place.height + DOWN;
    }
  }
  return height + MARGIN;
}
