import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patterns, type Pattern } from '../../src/lib/patterns';

type Mark = [at: number, seconds: number, failed: 0 | 1];

const FROM = 1_790_000_000;
const LENGTH = 600;

/** The same numbers between 0 and 1 for the same seed. Source: mulberry32. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** So many a second at any moment, most of them near 80 ms, a few much longer, one in a hundred failed. */
function usual(seed: number, rate: number, mean = 0.08): Mark[] {
  const chance = chances(seed);
  const found: Mark[] = [];
  for (let at = FROM; at < FROM + LENGTH; at += -Math.log(1 - chance()) / rate) {
    const took = mean * Math.exp(0.6 * (chance() + chance() + chance() + chance() - 2) * 1.7);
    found.push([at, chance() < 0.01 ? took * 8 : took, chance() < 0.01 ? 1 : 0]);
  }
  return found;
}

function found(marks: readonly Mark[], step = 0, rows = 200, top = 5): Pattern[] {
  return patterns({
    from: FROM,
    to: FROM + LENGTH,
    step,
    each(take) {
      for (const [at, took, failed] of marks) {
        if (step === 0) take(at, took, took, 1, failed);
        else {
          const row = Math.floor((took / top) * rows);
          const middle = (Math.floor(at / step) + 0.5) * step;
          if (row >= rows) take(middle, top, Infinity, 1, failed);
          else take(middle, (row * top) / rows, ((row + 1) * top) / rows, 1, failed);
        }
      }
    },
  });
}

const kinds = (all: readonly Pattern[]) => all.map((one) => one.kind);

test('nothing is recognised in what is usual', () => {
  for (let seed = 1; seed <= 60; seed += 1)
    for (const rate of [0.2, 2, 30]) {
      const all = found(usual(seed, rate), 0);
      assert.deepEqual(kinds(all), [], `seed ${seed}, ${rate} a second: ${JSON.stringify(all)}`);
    }
  for (let seed = 1; seed <= 10; seed += 1) assert.deepEqual(kinds(found(usual(seed, 200), 2)), [], `seed ${seed}`);
  assert.deepEqual(found([]), []);
});

test('slow ones that end together are a lock or a pause that let them go', () => {
  const at = FROM + 400;
  const held = Array.from({ length: 40 }, (_, i): Mark => [at + (i % 5) * 0.05, 0.4 + i * 0.09, 0]);
  for (const [name, all] of [
    ['dots', found([...usual(3, 20), ...held])],
    ['cells', found([...usual(3, 20), ...held], 2)],
  ] as const) {
    assert.deepEqual(kinds(all), ['released'], name);
    const [one] = all;
    assert.ok(one!.area.from <= at && one!.area.to > at, `${name}: at ${one!.area.from - at}`);
    assert.ok(
      one!.transactions >= 36 && one!.transactions <= 50 && one!.area.high === undefined,
      `${name}: ${one!.transactions}`,
    );
    assert.ok(at - one!.since > 3.7 && at - one!.since < 7, `${name}: held since ${at - one!.since} s before`);
  }
});

test('the same long time again and again is a timeout', () => {
  const lines = Array.from({ length: 30 }, (_, i): Mark => [FROM + 50 + i * 15, 3 + (i % 4) * 0.004, 1]);
  for (const step of [0, 2]) {
    const all = found([...usual(5, 10), ...lines], step);
    assert.deepEqual(kinds(all), ['timeout'], `step ${step}`);
    assert.ok(Math.abs(all[0]!.seconds - 3) < 0.15, `${all[0]!.seconds}`);
    assert.ok(all[0]!.errors >= 28 && all[0]!.area.low < 3 && all[0]!.area.high! > 3.01);
  }
  // Everything runs into it: there is nothing else to compare it with.
  const all = found(lines.concat(lines.map(([at, took]): Mark => [at + 5, took, 1])));
  assert.deepEqual(kinds(all), ['timeout']);
});

test('a floor that rises is something that runs out', () => {
  const marks = usual(7, 15).map(([at, took, failed]): Mark => {
    const share = Math.max(0, (at - FROM - 150) / (LENGTH - 150));
    return [at, took + share * 1.2, failed];
  });
  const all = found(marks);
  assert.deepEqual(kinds(all), ['rising']);
  assert.ok(all[0]!.seconds > 4 * all[0]!.before!);
  assert.ok(all[0]!.since > FROM + 50 && all[0]!.since < FROM + 250, `since ${all[0]!.since - FROM}`);
});

test('a gap and then everything at once is a stall, and is named once', () => {
  const gap = [FROM + 300, FROM + 308] as const;
  const marks = usual(9, 25).map(([at, took, failed]): Mark => {
    return at >= gap[0] && at < gap[1] ? [gap[1] + (at % 1) * 0.3, took + gap[1] - at, failed] : [at, took, failed];
  });
  const all = found(marks);
  assert.deepEqual(kinds(all), ['stalled']);
  assert.ok(Math.abs(all[0]!.since - gap[0]) <= 2.6 && Math.abs(all[0]!.area.from - gap[1]) <= 2.6);
  assert.ok(all[0]!.transactions > 150);
});

test('traffic that begins, ends or pauses without a burst is no stall', () => {
  const some = usual(11, 20);
  assert.deepEqual(kinds(found(some.filter(([at]) => at > FROM + 200))), []);
  assert.deepEqual(kinds(found(some.filter(([at]) => at < FROM + 200))), []);
  assert.deepEqual(kinds(found(some.filter(([at]) => at < FROM + 200 || at > FROM + 260))), []);
});
