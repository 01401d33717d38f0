import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOX, layout } from '../../src/lib/layout';

const nodes = (...ids: string[]) => ids.map((id): [string, number] => [id, id === 'clients' ? 0 : 1]);
const edges = (...all: string[]) => all.map((one) => ({ from: one.split('>')[0]!, to: one.split('>')[1]! }));

test('layers go from clients to what is called last, whatever the order they are told in', () => {
  const all = nodes('db', 'portal', 'clients', 'orders', 'link');
  const calls = edges('clients>portal', 'portal>orders', 'orders>db', 'portal>db', 'orders>link', 'clients>orders');
  const found = layout(all, calls);
  const x = (id: string) => found.boxes.find((box) => box.id === id)!.x;
  assert.ok(x('clients') < x('portal') && x('portal') < x('orders') && x('orders') < x('db') && x('db') === x('link'));
  assert.equal(found.links.length, calls.length);
  assert.deepEqual(layout([...all].reverse(), [...calls].reverse()), found);
});

test('no two boxes lie on each other, and all lie within', () => {
  const all = nodes('clients', ...Array.from({ length: 30 }, (_, i) => `s${i}`));
  const calls = Array.from({ length: 90 }, (_, i) => ({
    from: i < 9 ? 'clients' : `s${(i * 7) % 30}`,
    to: `s${(i * 13 + 5) % 30}`,
  }));
  const { boxes, width, height, links } = layout(all, calls);
  for (const a of boxes) {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + BOX.width <= width && a.y + BOX.height <= height);
    for (const b of boxes)
      if (a !== b) assert.ok(a.x !== b.x || Math.abs(a.y - b.y) >= BOX.height, `${a.id} lies on ${b.id}`);
  }
  for (const { points, back } of links) if (!back) assert.ok(points[0]!.x < points.at(-1)!.x);
});

test('who calls in a circle, or itself, is drawn all the same', () => {
  const { boxes, links } = layout(nodes('clients', 'a', 'b'), edges('clients>a', 'a>b', 'b>a', 'a>a', 'a>nobody'));
  assert.equal(boxes.length, 3);
  assert.deepEqual(
    links.map(({ from, to, back }) => `${from}>${to}${back ? ' back' : ''}`),
    ['a>b', 'clients>a', 'b>a back'],
  );
  assert.deepEqual(layout([], []).boxes, []);
});
