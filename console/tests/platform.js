// A naru of its own for the tests: two services under load, in a temporary folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const TOKEN = 'console-tests-0123456789abcdef0123456789abcdef';

/** `errors` of groupware's requests fail, and it grows and shrinks by itself. */
const yaml = (naru) => `
platform: quickstart
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
routes:
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
  writeFileSync(join(folder, 'naru.yaml'), yaml(naru));
  const options = ['--listen', '127.0.0.1:0', '--console', '127.0.0.1:0', '--state', join(folder, 'state')];
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
  const load = startLoad(gateway);
  return {
    origin,
    api,
    said,
    load,
    async stop() {
      load.stop();
      child.removeAllListeners('exit');
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
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
    return JSON.parse(text);
  };
  return {
    get: (path) => ask('GET', path),
    post: (path, body = {}) => ask('POST', path, body),
    service: async (name) => (await ask('GET', 'status')).services.find((one) => one.name === name),
  };
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
