// A naru of its own for the tests: two services under load, in a temporary folder.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const TOKEN = 'console-tests-0123456789abcdef0123456789abcdef';

/** Of the client that naru.yaml has. */
export const KEY = 'nk_kiosk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';

/** `errors` of groupware's requests fail, and it grows and shrinks by itself. `moody` is out of order while `broken` is there. */
const yaml = ({ naru, doors, broken }) => `
platform: quickstart
gateway: { links: "127.0.0.1:${doors}" }
clients:
  kiosk:
    title: Kiosks
    owner: kiosk@example.go.kr
    groups: [partners]
    scopes: [orders.read]
    keys: [${createHash('sha256').update(KEY).digest('hex')}]
    limits: { quota: 100000/month }
services:
  portal:
    exec: ["${naru}", "app", "--workers", "5", "--service-time", "50ms", "--jitter", "20ms"]
    env: { RELEASE: "1" }
    health: { path: /healthz }
    drain: 2s
    scale: { min: 2, max: 5 }
    rollout: { hold: 1s }
  groupware:
    exec: ["${naru}", "app", "--workers", "5", "--service-time", "80ms", "--jitter", "40ms", "--err", "3%"]
    env: { RELEASE: "1" }
    health: { path: /healthz }
    drain: 2s
    scale: { min: 2, max: 4, target: { concurrency: 1 } }
    rollout: { hold: 1s }
  moody:
    exec: ["${process.execPath}", "${fileURLToPath(new URL('moody.js', import.meta.url))}", "${broken}"]
    health: { path: /healthz }
    scale: { min: 1, max: 1 }
links:
  weather:
    url: http://127.0.0.1:1/v1
    limits: { rate: 50/s }
    fallback: { body: '{"weather":"unknown"}' }
routes:
  - match: { path: /orders/** }
    to: portal
    auth: { any_of: api_key }
    limits: { rate: 500/s, per: client }
  - match: { path: /later, methods: [POST] }
    to: moody
    job: { attempts: 1 }
  - match: { path: /old/** }
    to: portal
    path: /portal/**
    sunset: { deprecated: 2026-01-01, gone: 2040-06-30 }
  - match: { path: /portal/** }
    to: portal
    function: portal-home
  - match: { path: /groupware/** }
    to: groupware
    function: approval
functions:
  portal-home:
    name: { ko: 대표 누리집, en: Public portal }
    owner: portal@example.go.kr
    apdex_t: 300ms
  approval:
    name: { ko: 전자결재, en: Document approval }
    owner: groupware@example.go.kr
    apdex_t: 60ms
`;

/** Starts it and resolves when every service has its minimum ready. */
export async function startPlatform(naru) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-console-'));
  const broken = join(folder, 'broken');
  const doors = await freePort();
  writeFileSync(join(folder, 'naru.yaml'), yaml({ naru, doors, broken }));
  const { origin, api, gateway, said, stop } = await startNaru(naru, folder);
  const load = startLoad(gateway);
  const call = callerOf(gateway);
  return {
    origin,
    api,
    said,
    load,
    call,
    /** Calls the link `weather` as a service would. */
    link: (path) => callerOf(`127.0.0.1:${doors}`)(path, { headers: { Host: 'weather.link.naru' } }),
    /** Whether the service `moody` is out of order. */
    breakMoody: (out) => (out ? writeFileSync(broken, '') : rmSync(broken, { force: true })),
    async stop() {
      load.stop();
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts `naru up` on a folder with a naru.yaml; resolves when it is ready. */
export async function startNaru(naru, folder, ...more) {
  const options = ['--listen', '127.0.0.1:0', '--console', '127.0.0.1:0', '--state', join(folder, 'state'), ...more];
  const child = spawn(naru, ['up', 'naru.yaml', ...options, '--token', TOKEN], { cwd: folder });
  const said = [];
  const { origin } = await new Promise((settle, fail) => {
    let address;
    let ready = false;
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        address ??= /the API listens on (https?:\/\/\S+)/.exec(line)?.[1];
        ready ||= /^naru: ready on /.test(line);
        if (address && ready) settle({ origin: address });
      });
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`naru up ended with ${code}:\n${said.join('\n')}`)));
  });
  const api = apiOf(origin);
  const [gateway] = (await api.get('status')).gateway.listen;
  return {
    origin,
    api,
    gateway,
    said,
    async stop() {
      child.removeAllListeners('exit');
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** The API as scripts use it, beside the page that is tested. */
function apiOf(origin) {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const ask = async (method, path, body) => {
    const sent =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { ...headers, 'Content-Type': 'application/json' } };
    const response = await fetch(`${origin}/v1/${path}`, { method, headers, ...sent });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  return {
    /** A page that is text. */
    page: async (path) => (await fetch(`${origin}${path}`, { headers })).text(),
    get: (path) => ask('GET', path),
    post: (path, body = {}) => ask('POST', path, body),
    service: async (name) => (await ask('GET', 'status')).services.find((one) => one.name === name),
  };
}

export async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Calls the gateway; resolves to the answer's status and text. */
export function callerOf(gateway) {
  const at = gateway.lastIndexOf(':');
  const [host, port] = [gateway.slice(0, at), Number(gateway.slice(at + 1))];
  return (path, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((settle, fail) => {
      const asked = request({ host, port, path, method, headers }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.once('end', () => settle({ status: response.statusCode, text: Buffer.concat(parts).toString() }));
        response.once('error', fail);
      });
      asked.once('error', fail).end(body);
    });
}

/** People who ask, wait for the answer, think a moment, and ask again. */
function startLoad(gateway) {
  const [host, port] = [
    gateway.slice(0, gateway.lastIndexOf(':')),
    Number(gateway.slice(gateway.lastIndexOf(':') + 1)),
  ];
  const agent = new Agent({ keepAlive: true });
  const timers = new Set();
  let going = true;
  const later = (again, after) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      again();
    }, after);
    timers.add(timer);
  };
  const person = (path, think) => {
    if (!going) return;
    const again = () => later(() => person(path, think), think);
    const asked = request({ host, port, path, agent }, (response) =>
      response.resume().once('end', again).once('error', again),
    );
    asked.once('error', again).end();
  };
  for (let i = 0; i < 3; i += 1) person('/portal/notice/1', 60);
  for (let i = 0; i < 6; i += 1) person('/groupware/approval/7', 60);
  return {
    stop() {
      going = false;
      for (const timer of timers) clearTimeout(timer);
      agent.destroy();
    },
  };
}
