// How long the T-Map takes to be drawn, without a browser: processor time of one draw of everything.
import type { TransactionMap } from '../../console/src/api/types';
import { Raster, type Colours } from '../../console/src/components/tmap/raster';
import { Store } from '../../console/src/components/tmap/store';

const NOW = 1_790_000_000;
const GEOMETRY = { width: 2000, height: 800, strip: 40, perSecond: 2, density: 2 };
const COLOURS: Colours = {
  good: [0, 0, 255],
  failed: [255, 0, 0],
  ramp: [
    [0, 0, 50],
    [0, 0, 150],
    [0, 0, 255],
  ],
};
const EMPTY: TransactionMap = {
  from: NOW - 1000,
  to: NOW,
  top_seconds: 1,
  transactions: 0,
  errors: 0,
  dots: null,
  cells: null,
};

function dots(): TransactionMap {
  const all = Array.from({ length: 20_000 }, (_, i): [number, number, 0 | 1] => [
    i / 20,
    ((i * 31) % 1000) / 990,
    i % 97 === 0 ? 1 : 0,
  ]);
  return { ...EMPTY, transactions: all.length, dots: all };
}

function cells(): TransactionMap {
  const used = Array.from({ length: 200_000 }, (_, i): [number, number, number, number] => [
    i % 1000,
    Math.floor(i / 1000),
    1 + (i % 50),
    i % 97 === 0 ? 1 : 0,
  ]);
  return { ...EMPTY, transactions: used.length, cells: { columns: 1000, rows: 200, used } };
}

/** Milliseconds of processor time of each of so many draws, by what is drawn. */
export function drawTimes(rounds: number): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries({ '20,000 dots': dots(), '1,000 by 200 cells': cells() }).map(([name, map]) => {
      const store = new Store(1, 200);
      store.load(map);
      const raster = new Raster(GEOMETRY, { log: false, top: 1 }, COLOURS);
      const draw = () => {
        const before = process.cpuUsage();
        raster.draw(store, NOW);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      };
      // What has not run yet is not compiled yet.
      for (let i = 0; i < 5; i += 1) draw();
      return [name, Array.from({ length: rounds }, draw)];
    }),
  );
}
