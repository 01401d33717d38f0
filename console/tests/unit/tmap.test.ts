import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransactionMap } from '../../src/api/types';
import { Raster, type Colours, type Geometry } from '../../src/components/tmap/raster';
import {
  columnSeconds,
  heightOf,
  niceStep,
  responseTicks,
  secondsAt,
  timeTicks,
} from '../../src/components/tmap/scale';
import { areaBetween, boxOf, moved, momentAt, type Frame } from '../../src/components/tmap/select';
import { MOST_DOTS, Store } from '../../src/components/tmap/store';
import { areaOf, areaText, dayOf, viewOf } from '../../src/components/tmap/view';

const NOW = 1_790_000_000;
const COLOURS: Colours = {
  good: [0, 0, 255],
  failed: [255, 0, 0],
  ramp: [
    [0, 0, 50],
    [0, 0, 150],
    [0, 0, 255],
  ],
};
const GEOMETRY: Geometry = { width: 200, height: 90, strip: 10, perSecond: 2, density: 1 };

/** The same each time: some transactions a second, one in ten failed, one in twenty above a second. */
function dots(from: number, to: number, each: number): [number, number, 0 | 1][] {
  const found: [number, number, 0 | 1][] = [];
  for (let second = from; second < to; second += 1)
    for (let i = 0; i < each; i += 1) {
      const turn = (second * 31 + i * 17) % 100;
      found.push([second - from + i / each, turn < 5 ? 1.5 : turn / 100, turn % 10 === 3 ? 1 : 0]);
    }
  return found;
}

function mapOf(from: number, to: number, each: number): TransactionMap {
  const all = dots(from, to, each);
  return { from, to, top_seconds: 1, transactions: all.length, errors: 0, dots: all, cells: null };
}

function cellsOf(from: number, to: number, step: number, rows: number): TransactionMap {
  const used: [number, number, number, number][] = [];
  for (let column = 0; column < (to - from) / step; column += 1)
    for (let row = 0; row <= rows; row += 7)
      used.push([column, row, 1 + (((from / step + column) * 3 + row) % 40), row % 3 === 0 ? 1 : 0]);
  return {
    from,
    to,
    top_seconds: 1,
    transactions: 0,
    errors: 0,
    dots: null,
    cells: { columns: (to - from) / step, rows, used },
  };
}

function pixels(store: Store, end: number): Raster {
  const raster = new Raster(GEOMETRY, { log: false, top: 1 }, COLOURS);
  raster.draw(store, end);
  return raster;
}

test('a live picture that goes on second by second is the one that is drawn at once', () => {
  for (const make of [
    (from: number, to: number) => mapOf(from, to, 20),
    (from: number, to: number) => cellsOf(from, to, 1, 30),
  ]) {
    const store = new Store(1, 30);
    store.load(make(NOW - 100, NOW));
    const raster = pixels(store, NOW);
    for (let second = NOW; second < NOW + 250; second += 1) {
      const from = second - 2;
      store.merge(make(from, second + 1));
      store.trim(second + 1 - 110);
      raster.advance(store, from, second + 1);
    }
    const anew = new Store(1, 30);
    anew.load(make(NOW + 140, NOW + 250));
    const drawn = pixels(anew, NOW + 250);
    // At the left edge a mark may reach in from what has left the picture.
    const differing = [...raster.good.keys()].filter(
      (i) => raster.good[i] !== drawn.good[i] || raster.failed[i] !== drawn.failed[i],
    );
    assert.deepEqual(differing, []);
    assert.ok(raster.good.some((pixel) => pixel !== 0) && raster.failed.some((pixel) => pixel !== 0));
  }
});

test('what failed has a layer and a shape of its own', () => {
  const store = new Store(1, 30);
  const one = (failed: 0 | 1): TransactionMap => ({ ...mapOf(NOW - 100, NOW, 0), dots: [[50, 0.5, failed]] });
  store.load(one(0));
  const good = pixels(store, NOW);
  store.load(one(1));
  const failed = pixels(store, NOW);
  assert.ok(good.good.some(Boolean) && !good.failed.some(Boolean));
  assert.ok(failed.failed.some(Boolean) && !failed.good.some(Boolean));
  const shape = (layer: Uint32Array) => [...layer].map((pixel) => (pixel === 0 ? '.' : '#')).join('');
  assert.notEqual(shape(good.good), shape(failed.failed));
});

test('what took longer than the top lies in the strip and nowhere else', () => {
  const store = new Store(1, 30);
  store.load({ ...mapOf(NOW - 100, NOW, 0), dots: [[50, 7, 0]] });
  const { good, geometry } = pixels(store, NOW);
  const lines = new Set([...good.keys()].filter((i) => good[i] !== 0).map((i) => Math.floor(i / geometry.width)));
  assert.ok(lines.size > 0 && [...lines].every((line) => line < geometry.strip));
  assert.deepEqual(store.above(NOW - 100, NOW), { transactions: 1, errors: 0 });
});

test('a merge replaces its seconds, whatever was there of them', () => {
  const store = new Store(1, 30);
  store.load(mapOf(NOW, NOW + 10, 10));
  store.merge(mapOf(NOW + 8, NOW + 12, 10));
  assert.equal(store.figures({ from: NOW, to: NOW + 20, low: 0, high: undefined }).transactions, 120);
});

test('too many dots become cells that count the same', () => {
  const store = new Store(1, 30);
  store.load(mapOf(NOW, NOW + 10, 1900));
  assert.ok(store.dots);
  const area = { from: NOW, to: NOW + 11, low: 0, high: undefined };
  const before = store.figures(area);
  store.merge(mapOf(NOW + 10, NOW + 11, 1900));
  assert.equal(store.dots, undefined);
  assert.equal(before.transactions, 19_000);
  const after = store.figures(area);
  assert.ok(after.transactions > MOST_DOTS && after.transactions === 20_900);
  assert.equal(store.above(NOW, NOW + 11).transactions, 1045);
});

test('heights and response times are each other’s inverse', () => {
  for (const scale of [
    { log: false, top: 3 },
    { log: true, top: 3 },
  ])
    for (const seconds of [0.01, 0.3, 1, 2.9])
      assert.ok(Math.abs(secondsAt(scale, heightOf(scale, seconds)) - seconds) < 1e-9);
  assert.equal(heightOf({ log: true, top: 3 }, 0), 0);
  assert.ok(heightOf({ log: true, top: 3 }, 9) > 1);
});

test('marks are round, few, and end with the top', () => {
  assert.deepEqual(responseTicks({ log: false, top: 3 }, 6), [0, 0.5, 1, 1.5, 2, 2.5, 3]);
  assert.deepEqual(responseTicks({ log: true, top: 10 }, 6), [0.01, 0.03, 0.1, 0.3, 1, 3, 10]);
  assert.equal(niceStep(0.13), 0.2);
  const { step, at } = timeTicks(NOW, NOW + 600, 12);
  assert.equal(step, 60);
  assert.ok(at.length >= 9 && at.every((tick) => tick % 60 === 0));
});

test('a column of cells is never too narrow, and the API takes its number', () => {
  for (const range of [300, 600, 1800, 3600, 21_600, 86_400, 604_800])
    for (const most of [100, 600, 4000]) {
      const step = columnSeconds(range, most);
      assert.ok(range / step <= Math.min(most, 998), `${range} ${most} ${step}`);
    }
});

const FRAME: Frame = { width: 1000, height: 424, strip: 24, from: NOW, to: NOW + 100, scale: { log: false, top: 2 } };

test('a drag is an area of time and response time, whichever way it goes', () => {
  const area = areaBetween(FRAME, { x: 700, y: 324 }, { x: 200, y: 124 });
  assert.deepEqual(area, { from: NOW + 20, to: NOW + 70, low: 0.5, high: 1.5 });
  assert.deepEqual(boxOf(FRAME, area), { left: 200, top: 124, width: 500, height: 200 });
  assert.equal(momentAt(FRAME, -50), NOW);
});

test('a drag into the strip has no upper end, and one within it begins above the top', () => {
  assert.equal(areaBetween(FRAME, { x: 0, y: 5 }, { x: 10, y: 224 }).high, undefined);
  const above = areaBetween(FRAME, { x: 0, y: 2 }, { x: 10, y: 20 });
  assert.ok(above.low > 2 && above.high === undefined);
  assert.equal(boxOf(FRAME, above)?.top, 0);
});

test('an area that has left the picture has no box', () => {
  assert.equal(boxOf(FRAME, { from: NOW - 30, to: NOW - 20, low: 0, high: 1 }), undefined);
});

test('keys move within the picture', () => {
  assert.deepEqual(moved(FRAME, { x: 5, y: 5 }, 'ArrowLeft', 12), { x: 0, y: 5 });
  assert.deepEqual(moved(FRAME, { x: 5, y: 5 }, 'End', 12), { x: 1000, y: 5 });
  assert.equal(moved(FRAME, { x: 5, y: 5 }, 'a', 12), undefined);
});

test('a view and an area survive the address', () => {
  const area = { from: NOW + 0.25, to: NOW + 9.5, low: 0.125, high: undefined };
  assert.deepEqual(areaOf(areaText(area)), area);
  for (const broken of ['', 'a_b_c_d', '5_3_1_2', '1_2']) assert.equal(areaOf(broken), undefined);
  const view = viewOf(new URLSearchParams('subject=service:portal&range=6h&top=3&y=log'));
  assert.deepEqual(view, {
    subject: 'service:portal',
    range: '6h',
    seconds: 21_600,
    end: undefined,
    day: undefined,
    top: 3,
    log: true,
    shade: 'log',
    beside: undefined,
  });
  const other = viewOf(new URLSearchParams('range=10s&shade=root&vs=7d'));
  assert.deepEqual([other.seconds, other.shade, other.beside], [10, 'root', 604_800]);
  assert.deepEqual(viewOf(new URLSearchParams('range=nonsense&top=-1&from=9&to=3')).seconds, 600);
  assert.equal(viewOf(new URLSearchParams(`from=${NOW}&to=${NOW + 60}`)).seconds, 60);
  assert.equal(viewOf(new URLSearchParams('day=2026-11-20')).end, dayOf('2026-11-20')!.to);
  assert.equal(dayOf('20 November'), undefined);
});
