import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, EventKind, Point } from '../../src/api/types';
import { groupOf, kindsOf, shapeOf } from '../../src/components/timeline/kinds';
import { area, felt, markersOf, roof, steps, valueAt, wantedOf } from '../../src/components/timeline/lanes';

const NOW = 1_790_000_000;
const SPAN = { from: NOW, to: NOW + 100 };
let id = 0;
const event = (at: number, kind: EventKind, more: Partial<Event> = {}): Event => ({
  id: (id += 1),
  at: (NOW + at) * 1e6,
  kind,
  severity: 'info',
  service: 'portal',
  instance: null,
  message: '',
  actor: 'naru',
  ...more,
});
const scaled = (at: number, from: number, to: number) =>
  event(at, 'scaled', { decision: { from, to, wishes: [], bounds: [] } });
const point = (at: number, more: Partial<Point> = {}): Point =>
  ({
    at: NOW + at,
    seconds: 10,
    requests: 100,
    service_errors: 0,
    platform_errors: 0,
    p95_seconds: 0.2,
    instances: 2,
    ...more,
  }) as Point;

test('instances are steps, with a gap where nothing was measured', () => {
  const samples = [
    { at: NOW - 10, value: 2 },
    { at: NOW + 50, value: 4 },
    { at: NOW + 60, value: null },
    { at: NOW + 80, value: 1 },
  ];
  assert.equal(steps(samples, SPAN, 4), 'M0.0 50.0L500.0 50.0L500.0 0.0L600.0 0.0M800.0 75.0L1000.0 75.0');
  assert.equal(area(samples.slice(0, 1), SPAN, 4), 'M0.0 100V50.0H1000.0V100Z');
  assert.equal(valueAt(samples, NOW + 55), 4);
  assert.equal(valueAt(samples, NOW + 65), null);
  assert.equal(roof(samples), 5);
});

test('what was wanted follows the decisions', () => {
  const events = [scaled(-20, 2, 3), scaled(40, 3, 6)];
  assert.deepEqual(wantedOf(events, 6, SPAN), [
    { at: NOW, value: 3 },
    { at: NOW + 40, value: 6 },
  ]);
  assert.deepEqual(wantedOf([scaled(40, 3, 6)], 6, SPAN)[0], { at: NOW, value: 3 });
  assert.deepEqual(wantedOf([], 4, SPAN), [{ at: NOW, value: 4 }]);
  assert.deepEqual(wantedOf(events, 5, SPAN, NOW + 99).at(-1), { at: NOW + 99, value: 5 });
});

test('marks that would lie on one another are one, known by the worst', () => {
  const failed = event(11, 'rollout_failed', { severity: 'error' });
  const marks = markersOf([event(10, 'instance_ready'), failed, event(40, 'scaled'), event(400, 'scaled')], SPAN, 0.05);
  assert.deepEqual(
    marks.map(({ events, at }) => [events.length, at]),
    [
      [2, 0.1],
      [1, 0.4],
    ],
  );
  assert.equal(marks[0]!.event, failed);
});

test('an end that was asked for is no failure', () => {
  assert.equal(groupOf(event(0, 'instance_exited')), 'instance');
  assert.equal(groupOf(event(0, 'instance_exited', { severity: 'error' })), 'failure');
});

test('more and fewer instances have shapes of their own', () => {
  assert.equal(shapeOf(scaled(0, 2, 5)), 'up');
  assert.equal(shapeOf(scaled(0, 5, 2)), 'down');
});

test('scalings are always asked for: the line of wanted instances needs them', () => {
  assert.deepEqual(kindsOf([]).sort(), ['instance_exited', 'scaled']);
  assert.ok(kindsOf(['deploy']).includes('rolled_back'));
});

test('what users felt before and after is of whole points, and of none that is still to come', () => {
  const points = [
    point(0),
    point(10, { p95_seconds: 1, service_errors: 10 }),
    point(20),
    point(30, { instances: 5 }),
    point(40),
    point(50),
  ];
  const before = felt(points, NOW + 20, false)!;
  assert.deepEqual([before.load, before.p95, before.errors, before.instances], [10, 0.6, 0.05, 2]);
  assert.equal(felt(points, NOW + 20, true), undefined);
  assert.equal(felt([...points, point(60), point(70), point(80), point(90), point(100)], NOW + 20, true)?.load, 10);
  assert.equal(felt([], NOW, false), undefined);
});
