// Acceptances of a platform that runs, in Korean and in English at once, each with cases that pass, fail and are not run; and the
// day's service level report of the platform on which they were carried out: with its outage, deployments, scalings and changes.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { callerOf, freePort, startNaru } from '../../console/tests/platform.js';

const LANGUAGES = ['ko', 'en'];

/** `apply` scales; `notice` is slower than it is to be; `statistics` is out of order; nobody answers behind the link. */
const yaml = (naru, links) => `
platform: 통합민원
gateway: { links: "127.0.0.1:${links}", limits: { head_timeout: 1s } }
services:
  apply:
    exec: ["${naru}", "app", "--workers", "5", "--service-time", "40ms"]
    health: { path: /healthz, every: 500ms, timeout: 500ms, dead_after: 2 }
    drain: 1s
    scale: { min: 2, max: 4, target: { concurrency: 1 }, shrink_after: 2s, schedule: [{ at: "0 3 1 1 *", for: 1h, add: 1 }] }
    rollout: { hold: 0s }
  notice:
    exec: ["${naru}", "app", "--workers", "5", "--service-time", "10ms"]
    health: { path: /healthz, every: 500ms, timeout: 500ms, dead_after: 2 }
    drain: 1s
    scale: { min: 1, max: 1 }
    rollout: { hold: 0s }
  statistics:
    exec: ["${naru}", "app", "--err", "100%"]
    health: { path: /healthz }
    scale: { min: 1, max: 1 }
routes:
  - { match: { path: /statistics/** }, to: statistics, function: statistics }
  - { match: { path: /apply/** }, to: apply, function: apply }
  - { match: { path: /notice/** }, to: notice, function: notice }
  - { match: { path: /internal/** }, to: notice, auth: { any_of: [api_key] } }
clients:
  kiosk: { title: 무인민원발급기, keys: [e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855] }
functions:
  apply: { name: { ko: 민원 신청·접수, en: Applications }, apdex_t: 500ms, goal: { availability: 99.9%, p95: 1s } }
  notice: { name: { ko: 공지사항 조회, en: Notices }, goal: { availability: 99.9% } }
  statistics: { name: { ko: 민원 통계, en: Statistics }, goal: { availability: 99% } }
links:
  residents: { url: "http://127.0.0.1:1" }
reports: { language: ko }
`;

const plan = (origin) => `
console: "${origin}"
routes:
  - { name: /apply/**, service: apply, path: /apply, rate: 20, p95: 500ms }
  - { name: /notice/**, service: notice, path: /notice, rate: 20, p95: 5ms }
load: { low: 20, lasts: 2s, timeout: 5s }
floor: { apdex: 0 }
scaling: { steps: ["25%", "100%"], step_lasts: 3s, surge_lasts: 3s, down_within: 10s, own_schedule: false }
change: { services: [apply], within: 20s }
failure: { services: [apply], recovers_within: 10s, frozen: 1s, gateway_within: 5s }
security: { slow_within: 5s }
`;

/** Begins both; `kinds` says what comes of them, and waits for it. */
export async function startAcceptances(naru, made) {
  const started = await Promise.all(LANGUAGES.map((language) => startOne(naru, join(made, `acceptance-${language}`), language)));
  const of = (language) => started[LANGUAGES.indexOf(language)];
  const accepted = async (format, language, file) => {
    const { base, status, stderr } = await of(language).over;
    // That it is not accepted is a result like another.
    if (status !== 1) return { status: status || 3, stderr };
    copyFileSync(`${base}.${format}`, file);
    return { status: 0, stderr: '' };
  };
  const today = async (format, language, file) => {
    const { state } = of('ko');
    await of('ko').over;
    const date = new Intl.DateTimeFormat('sv-SE').format(new Date());
    const args = ['report', 'daily', '--date', date, '--state', state, '--format', format, '--lang', language, '-o', file];
    return spawnSync(naru, args, { encoding: 'utf8', timeout: 60_000 });
  };
  return {
    kinds: [
      { name: 'acceptance', make: accepted },
      { name: 'level-daily', make: today },
    ],
    stop: () => Promise.all(started.map((one) => one.stop())),
  };
}

async function startOne(naru, folder, language) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'naru.yaml'), yaml(naru, await freePort()));
  const platform = await startNaru(naru, folder);
  const file = join(folder, 'plan.yaml');
  writeFileSync(file, plan(platform.origin));
  const [state, base, said] = [join(folder, 'state'), join(folder, 'result'), join(folder, 'said')];
  const call = callerOf(platform.gateway);
  // Twenty at once, and none of them is a GET that is tried again: an outage of a minute.
  await Promise.all(Array.from({ length: 60 }, () => call('/statistics/1', { method: 'POST' })));
  const child = spawn(
    naru,
    ['verify', 'all', '--plan', file, '--state', state, '--allow-load', '120', '--allow-destructive', '--yes', '--lang', language, '-o', `${base}.html`, '-o', `${base}.pdf`],
    { stdio: ['ignore', 'ignore', openSync(said, 'w')] },
  );
  const over = once(child, 'exit').then(([status]) => ({ base, status, stderr: readFileSync(said, 'utf8') }));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGINT');
      await over;
    }
    await platform.stop();
  };
  return { state, over, stop };
}
