import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerOf, grid, HEAD, indexAt, stepped } from '../../src/components/crowd/grid';

test('1,228 instances fit on one screen, each with a place of its own', () => {
  const found = grid([400, 1, 0, 827], 1320, 620);
  assert.ok(found.height <= 620 && found.size >= 15, `${found.size} pixels, ${found.height} high`);
  const seen = new Set<string>();
  for (let index = 0; index < 1228; index += 1) {
    const { x, y } = cornerOf(found, index);
    assert.ok(x >= 0 && x + found.size <= 1320 && y >= HEAD && y + found.size <= found.height);
    seen.add(`${x} ${y}`);
    assert.equal(indexAt(found, x + found.size / 2, y + found.size / 2), index);
  }
  assert.equal(seen.size, 1228);
  assert.equal(indexAt(found, 5, 3), undefined);
  assert.equal(indexAt(found, -1, 60), undefined);
});

test('few are large, and more than fit are small but there', () => {
  assert.equal(grid([4], 1320, 620).size, 64);
  const many = grid([90_000], 600, 400);
  assert.ok(many.height > 400 && many.size === 9);
});

test('arrow keys reach every cell', () => {
  const found = grid([30, 7, 12], 300, 400);
  assert.equal(stepped(found, 0, 'ArrowLeft'), 0);
  assert.equal(stepped(found, 48, 'ArrowRight'), 48);
  let at = 0;
  const groups = new Set<number>();
  for (let i = 0; i < 40; i += 1) {
    groups.add(found.groups.findLastIndex((group) => group.first <= at));
    at = stepped(found, at, 'ArrowDown')!;
  }
  assert.deepEqual([...groups], [0, 1, 2]);
  for (let i = 0; i < 40; i += 1) at = stepped(found, at, 'ArrowUp')!;
  assert.equal(at, 0);
  assert.equal(stepped(found, 5, 'x'), undefined);
});
