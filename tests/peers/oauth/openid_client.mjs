// openid-client as a client of naru's authorization server, used as its documentation shows.
//
// usage: openid_client.mjs READY KEY     READY: what examples/serve printed; KEY: the private key of `batch` (PEM)
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

// Gets a token, renews it, has it looked at, and takes it back.
async function life(config) {
  const token = await client.clientCredentialsGrant(config, { scope: 'booking.read' });
  assert.equal(token.token_type, 'bearer');
  assert.equal(token.scope, 'booking.read');
  assert.equal(token.expiresIn(), 600);
  const renewed = await client.refreshTokenGrant(config, token.refresh_token);
  assert.notEqual(renewed.refresh_token, token.refresh_token);
  const active = async (of) => (await client.tokenIntrospection(config, of)).active;
  assert.ok((await active(renewed.access_token)) && (await active(renewed.refresh_token)));
  await client.tokenRevocation(config, renewed.access_token);
  assert.ok(!(await active(renewed.access_token)));
  await refused('invalid_grant', () => client.refreshTokenGrant(config, token.refresh_token));
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
console.log('openid-client: client credentials, refresh, introspection, revocation, private_key_jwt, discovery: ok');
