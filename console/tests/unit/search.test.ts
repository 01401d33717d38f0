import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transaction } from '../../src/api/types';
import { csv, joined, orderOf, orderText, sorted } from '../../src/components/tmap/search';

const one = (end: number, more: Partial<Transaction> = {}): Transaction => ({
  end,
  response_seconds: 0.1,
  waiting_seconds: 0,
  upstream_seconds: 0.1,
  route: '/portal/**',
  function: null,
  service: 'portal',
  instance: 'portal-1-1',
  caller: null,
  client: '192.0.2.7',
  method: 'GET',
  status: 200,
  fault: 'none',
  attempts: 1,
  received_bytes: 0,
  sent_bytes: 10,
  path: '/portal',
  trace_id: '',
  ...more,
});

test('pages join without a gap and without twins, also within one microsecond', () => {
  const first = [one(9), one(7, { path: '/a' }), one(7, { path: '/b' })];
  const second = [one(7, { path: '/a' }), one(7, { path: '/b' }), one(7, { path: '/c' }), one(5)];
  assert.deepEqual(
    joined(first, second).map(({ end, path }) => `${end}${path}`),
    ['9/portal', '7/a', '7/b', '7/c', '5/portal'],
  );
});

test('the order is in the address, and the latest first by itself', () => {
  assert.deepEqual(orderOf(null), { by: 'end', down: true });
  assert.equal(orderText({ by: 'end', down: true }), undefined);
  for (const order of [
    { by: 'response_seconds', down: true },
    { by: 'path', down: false },
  ] as const)
    assert.deepEqual(orderOf(orderText(order)!), order);
  const all = [one(1, { response_seconds: 3 }), one(2, { response_seconds: 1 }), one(3, { response_seconds: 2 })];
  assert.deepEqual(
    sorted(all, { by: 'response_seconds', down: true }).map(({ end }) => end),
    [1, 3, 2],
  );
});

test('a file of values is quoted, and holds no formulas', () => {
  const lines = csv([one(1_790_000_000_123_000, { path: '/a,"b"\n', route: '=1+1' })]).split('\r\n');
  assert.ok(lines[0]!.startsWith('\uFEFFend,response_seconds,'));
  assert.ok(lines[1]!.startsWith('2026-09-21T'));
  assert.match(lines[1]!, /"\/a,""b""\n"/);
  assert.match(lines[1]!, /'=1\+1/);
});
