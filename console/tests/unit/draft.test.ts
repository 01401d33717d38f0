// The form of a client: what is written into it is the client, and what it has no field for stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientSpec } from '../../src/api/managed';
import { draftOf, isName, NOTHING, specOf, wrongAmount } from '../../src/components/clients/draft';

const FULL: ClientSpec = {
  title: 'Mobile app',
  owner: 'mobile@example.go.kr',
  groups: ['staff', 'partners'],
  scopes: ['booking:read', 'booking:write'],
  jwks: '{"keys":[]}',
  certificates: [{ subject: 'CN=mobile', san: null, fingerprint: null }],
  networks: ['10.0.0.0/8', '2001:db8::/32'],
  blocked: true,
  priority: 'low',
  limits: [
    { of: { calls: { rate: 500, burst: 30 } }, per: ['client'] },
    { of: { quota: { calls: 1000, period: 'day' } }, per: ['client'] },
    { of: { bandwidth: { per_second: 1_048_576 } }, per: ['client'] },
    { of: { bytes: { bytes: 1_000_000, period: 'month' } }, per: ['client'] },
    { of: { concurrency: { calls: 4 } }, per: ['client', 'route'] },
  ],
};

test('a client that is opened and saved is as it was', () => {
  const saved = specOf(draftOf(FULL), FULL);
  assert.deepEqual({ ...saved, limits: new Set(saved.limits) }, { ...FULL, limits: new Set(FULL.limits) });
  assert.deepEqual(specOf(draftOf(NOTHING), NOTHING), NOTHING);
});

test('words are split, doubles left out, and one address is a network', () => {
  const draft = {
    ...draftOf(NOTHING),
    groups: 'a, b a',
    scopes: ' x:read  y ',
    networks: '192.0.2.1 2001:db8::1,10.0.0.0/8',
  };
  const spec = specOf(draft, NOTHING);
  assert.deepEqual(spec.groups, ['a', 'b']);
  assert.deepEqual(spec.scopes, ['x:read', 'y']);
  assert.deepEqual(spec.networks, ['192.0.2.1/32', '2001:db8::1/128', '10.0.0.0/8']);
});

test('a limit that is changed, emptied or new', () => {
  const draft = { ...draftOf(FULL), rate: '2.5', day: '', month: '30000' };
  assert.deepEqual(specOf(draft, FULL).limits, [
    { of: { calls: { rate: 2500, burst: 3 } }, per: ['client'] },
    { of: { quota: { calls: 30_000, period: 'month' } }, per: ['client'] },
    { of: { bandwidth: { per_second: 1_048_576 } }, per: ['client'] },
    FULL.limits[3],
    FULL.limits[4],
  ]);
});

test('amounts that are none, and names that can be', () => {
  const draft = draftOf(NOTHING);
  assert.equal(wrongAmount(draft), undefined);
  assert.equal(wrongAmount({ ...draft, rate: '0.5' }), undefined);
  for (const text of ['0', '-1', 'many', '1e999']) assert.equal(wrongAmount({ ...draft, month: text }), 'month', text);
  assert.equal(wrongAmount({ ...draft, concurrency: '1.5' }), 'concurrency');
  for (const name of ['a', 'mobile-app', 'a1-b2']) assert.ok(isName(name), name);
  for (const name of ['', '1a', 'a-', 'a--b', 'A', '모바일', 'a'.repeat(41)]) assert.ok(!isName(name), name);
});
