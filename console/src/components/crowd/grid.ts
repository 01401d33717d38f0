/** Where cells lie when hundreds of instances share one picture: groups one below the other, cells as large as there is room. */

export interface Grid {
  /** Of a cell, without the gap behind it. */
  size: number;
  gap: number;
  across: number;
  height: number;
  groups: { top: number; first: number; count: number }[];
}

/** Of a group's heading. */
export const HEAD = 24;
const BELOW = 8;
const LARGEST = 64;
const SMALLEST = 9;

/** `counts`: the instances of each group. Grows beyond `height` only when the smallest cells do not fit either. */
export function grid(counts: readonly number[], width: number, height: number): Grid {
  let found = fitted(counts, width, SMALLEST);
  for (let size = LARGEST; size > SMALLEST; size -= 1) {
    const tried = fitted(counts, width, size);
    if (tried.height > height) continue;
    found = tried;
    break;
  }
  return found;
}

function fitted(counts: readonly number[], width: number, size: number): Grid {
  const gap = size > 20 ? 4 : 2;
  const across = Math.max(1, Math.floor((width + gap) / (size + gap)));
  let top = 0;
  let first = 0;
  const groups = counts.map((count) => {
    const group = { top, first, count };
    top += HEAD + Math.ceil(count / across) * (size + gap) + BELOW;
    first += count;
    return group;
  });
  return { size, gap, across, height: top, groups };
}

/** The upper left corner of an instance's cell. */
export function cornerOf({ groups, across, size, gap }: Grid, index: number): { x: number; y: number } {
  const group = groups.findLast((one) => one.first <= index && one.count > 0) ?? { top: 0, first: 0 };
  const place = index - group.first;
  return { x: (place % across) * (size + gap), y: group.top + HEAD + Math.floor(place / across) * (size + gap) };
}

/** The instance at a place; none between cells and beside them. */
export function indexAt({ groups, across, size, gap }: Grid, x: number, y: number): number | undefined {
  const group = groups.findLast((one) => one.top + HEAD <= y);
  if (!group || x < 0) return undefined;
  const [column, row] = [Math.floor(x / (size + gap)), Math.floor((y - group.top - HEAD) / (size + gap))];
  const place = row * across + column;
  if (column >= across || place >= group.count) return undefined;
  return group.first + place;
}

/** Where an arrow key leads from a cell: along the row, or to the nearest cell above or below, also of the next group. */
export function stepped(of: Grid, index: number, key: string): number | undefined {
  const all = of.groups.reduce((sum, group) => sum + group.count, 0);
  if (key === 'ArrowLeft') return Math.max(0, index - 1);
  if (key === 'ArrowRight') return Math.min(all - 1, index + 1);
  if (key === 'Home') return 0;
  if (key === 'End') return all - 1;
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return undefined;
  const { x, y } = cornerOf(of, index);
  const down = key === 'ArrowDown' ? 1 : -1;
  for (
    let away = y + down * (of.size + of.gap);
    away >= 0 && away <= of.height;
    away += down * (of.size + of.gap) * 0.5
  )
    for (let left = x; left >= 0; left -= of.size + of.gap) {
      const found = indexAt(of, left, away + of.size / 2);
      if (found !== undefined && found !== index) return found;
    }
  return index;
}
