import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Span, Trace } from '../../src/api/traces';
import type { Transaction } from '../../src/api/types';
import { unfolded, waterfall } from '../../src/lib/waterfall';
import { span as bareSpan } from '../span.js';

const BEGIN = 1_790_000_000_000_000;

/** From and to in milliseconds. */
function span(id: string, parent: string, from: number, to: number, more: Partial<Span> = {}): Span {
  return bareSpan(id, parent, BEGIN, from, to, { instance: 'portal-1-1', ...more });
}

function passage(from: number, to: number, path: string): Transaction {
  return {
    end: BEGIN + to * 1000,
    response_seconds: (to - from) / 1000,
    waiting_seconds: 0,
    upstream_seconds: (to - from) / 1000,
    route: path,
    function: null,
    service: 'portal',
    instance: 'portal-1-1',
    caller: null,
    client: '10.0.0.1',
    method: 'GET',
    status: 200,
    fault: 'none',
    attempts: 1,
    received_bytes: 0,
    sent_bytes: 0,
    path,
    trace_id: 'a',
  };
}

function trace(spans: Span[], transactions: Transaction[] = []): Trace {
  return { trace_id: 'a', spans, transactions, logs: [], cut: false };
}

const shape = (of: Trace) => waterfall(of).rows.map(({ id, depth }) => `${'.'.repeat(depth)}${id}`);

test('the gateway is on top, spans are below what called them, by the time they began', () => {
  const spans = [
    span('root', 'made-by-the-gateway', 2, 98),
    span('late', 'root', 60, 90),
    span('early', 'root', 5, 50),
    span('query', 'early', 10, 45, { work: 'database' }),
  ];
  assert.deepEqual(shape(trace(spans, [passage(0, 100, '/')])), [
    'gateway-0',
    '.root',
    '..early',
    '...query',
    '..late',
  ]);
  assert.deepEqual(shape(trace(spans)), ['root', '.early', '..query', '.late']);
  assert.deepEqual(shape(trace([], [passage(0, 100, '/')])), ['gateway-0']);
  assert.deepEqual(shape(trace([])), []);
});

test('a transaction through a link lies below the call that a service made', () => {
  const spans = [
    span('root', 'x', 1, 99),
    span('call', 'root', 10, 80, { kind: 'client' }),
    span('served', 'y', 22, 70, { service: 'registry' }),
  ];
  const found = shape(trace(spans, [passage(0, 100, '/'), passage(20, 75, '/link')]));
  assert.deepEqual(found, ['gateway-0', '.root', '..call', '...gateway-1', '....served']);
});

test('what goes on after the answer is below the transaction that it began in, and is no part of what was waited for', () => {
  const spans = [span('root', 'x', 1, 130), span('query', 'root', 2, 95, { work: 'database' })];
  const of = trace(spans, [passage(0, 100, '/')]);
  assert.deepEqual(shape(of), ['gateway-0', '.root', '..query']);
  const [first] = waterfall(of).blame;
  assert.equal(first?.name, 'query');
});

test('the critical path covers all of the time once, and names who spent it', () => {
  const spans = [
    span('root', '', 0, 100),
    span('one', 'root', 10, 40),
    span('beside', 'root', 10, 30),
    span('two', 'root', 50, 95),
    span('query', 'two', 55, 90, { work: 'database', name: 'SELECT' }),
  ];
  const { critical, blame, rows, seconds } = waterfall(trace(spans));
  assert.equal(seconds, 0.1);
  const parts = critical.map(({ row, from, to }) => [rows[row]!.id, Math.round(from * 1000), Math.round(to * 1000)]);
  assert.deepEqual(parts, [
    ['root', 0, 10],
    ['one', 10, 40],
    ['root', 40, 50],
    ['two', 50, 55],
    ['query', 55, 90],
    ['two', 90, 95],
    ['root', 95, 100],
  ]);
  assert.deepEqual([blame[0]!.name, Math.round(blame[0]!.seconds * 1000)], ['SELECT', 35]);
});

test('a query made a hundred times is named once, with all of its time', () => {
  const queries = Array.from({ length: 100 }, (_, i) =>
    span(`q${i}`, 'root', 5 + i * 9, 12 + i * 9, { name: 'SELECT item', work: 'database' }),
  );
  const { blame } = waterfall(trace([span('root', '', 0, 910), ...queries]));
  assert.deepEqual([blame[0]!.name, blame[0]!.times, Math.round(blame[0]!.seconds * 1000)], ['SELECT item', 100, 700]);
});

test('circles, spans of themselves, doubles and ten thousand one below the other are shown all the same', () => {
  const circle = [span('a', 'b', 0, 10), span('b', 'a', 1, 9), span('self', 'self', 2, 3), span('self', 'self', 4, 5)];
  assert.equal(waterfall(trace(circle)).rows.length, 4);
  const deep = Array.from({ length: 10_000 }, (_, i) => span(`s${i}`, i > 0 ? `s${i - 1}` : '', 0, 20_000 - i));
  const { rows, critical } = waterfall(trace(deep));
  assert.deepEqual([rows.length, rows.at(-1)!.depth, rows[0]!.size], [10_000, 9999, 10_000]);
  assert.equal(critical.reduce((sum, { from, to }) => sum + to - from, 0).toFixed(6), '20.000000');
  const wide = Array.from({ length: 10_000 }, (_, i) => span(`w${i}`, i > 0 ? 'w0' : '', i, i > 0 ? i + 1 : 20_000));
  assert.equal(waterfall(trace(wide)).rows.length, 10_000);
});

test('what is folded away hides what lies below it and nothing else', () => {
  const { rows } = waterfall(
    trace([span('root', '', 0, 100), span('a', 'root', 1, 50), span('b', 'a', 2, 40), span('c', 'root', 60, 90)]),
  );
  assert.deepEqual(
    unfolded(rows, new Set([1])).map((row) => rows[row]!.id),
    ['root', 'a', 'c'],
  );
});
