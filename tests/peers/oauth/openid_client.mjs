// openid-client as a client of naru, used as its documentation shows.
//
// usage: openid_client.mjs READY KEY     READY: issuer and secrets, as peers.py says them; KEY: the private key of `batch` (PEM)
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as client from 'openid-client';

const { issuer, secrets } = JSON.parse(process.argv[2]);
const pem = readFileSync(process.argv[3], 'utf8');
const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
const key = await crypto.subtle.importKey('pkcs8', der, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
// The server is on loopback, over plain HTTP.
const plain = { execute: [client.allowInsecureRequests] };

async function refused(code, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.error, code, error);
    return true;
  });
}

// What the gateway answers who shows this token.
async function status(path, token) {
  return (await fetch(issuer + path, { headers: { authorization: `Bearer ${token}` } })).status;
}

let longest = 0;

// Asks until a token that was taken back is refused; that is within a second.
async function out(token) {
  const began = performance.now();
  while ((await status('/booking/slots', token)) === 200 && performance.now() - began < 10_000);
  assert.equal(await status('/booking/slots', token), 401);
  longest = Math.max(longest, performance.now() - began);
  assert.ok(longest < 1000, `refused ${longest} ms after it was revoked`);
}

// Gets a token, calls with it, renews it, has it looked at, and takes it back.
async function life(config) {
  const token = await client.clientCredentialsGrant(config, { scope: 'booking.read' });
  assert.equal(token.token_type, 'bearer');
  assert.equal(token.scope, 'booking.read');
  // It counts down from the moment that the answer came.
  assert.ok(token.expiresIn() <= 600 && token.expiresIn() > 570, token.expiresIn());
  const answer = await client.fetchProtectedResource(config, token.access_token, new URL(issuer + '/booking/slots'), 'GET');
  assert.equal(answer.status, 200);
  assert.equal(await status('/admin/slots', token.access_token), 403);
  const renewed = await client.refreshTokenGrant(config, token.refresh_token);
  assert.notEqual(renewed.refresh_token, token.refresh_token);
  const active = async (of) => (await client.tokenIntrospection(config, of)).active;
  assert.ok((await active(renewed.access_token)) && (await active(renewed.refresh_token)));
  await client.tokenRevocation(config, renewed.access_token);
  await out(renewed.access_token);
  assert.ok(!(await active(renewed.access_token)));
  await refused('invalid_grant', () => client.refreshTokenGrant(config, token.refresh_token));
  await out(token.access_token);
  assert.ok(!(await active(token.access_token)) && !(await active(renewed.refresh_token)));
  await refused('invalid_scope', () => client.clientCredentialsGrant(config, { scope: 'admin' }));
}

// Both ways of discovery: OpenID Connect's, which it takes unless told otherwise, and RFC 8414's.
for (const algorithm of ['oidc', 'oauth2']) {
  const url = new URL(issuer);
  const bySecret = client.ClientSecretBasic(secrets.mobile);
  const config = await client.discovery(url, 'mobile', undefined, bySecret, { algorithm, ...plain });
  assert.equal(config.serverMetadata().issuer, issuer);
  await life(config);
  const byKey = client.PrivateKeyJwt({ key, kid: 'batch-1' });
  await life(await client.discovery(url, 'batch', undefined, byKey, { algorithm, ...plain }));
}

const wrong = client.ClientSecretBasic('ns_mobile_wrong');
const config = await client.discovery(new URL(issuer), 'mobile', undefined, wrong, plain);
await assert.rejects(client.clientCredentialsGrant(config), (error) => error.status === 401);
console.log('  openid-client: client credentials, refresh, introspection, revocation, private_key_jwt, discovery, tokens on a route: ok');
console.log(`  openid-client: a revoked token was refused by the gateway after ${longest.toFixed(0)} ms at the most`);
