// What an operator does on a bad day, from beginning to end and against the real thing: finds the slow function, drags on the T-Map,
// opens the trace, sees the cause, sets an alert, and gets the mail.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { complaintsOf } from './access.js';
import { openPage, until } from './browser.js';
import { callerOf, freePort, startNaru, TOKEN } from './platform.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const yaml = (mail) => `
platform: closing
services:
  approval:
    exec: ["${process.execPath}", "${fileURLToPath(new URL('slow.js', import.meta.url))}"]
    health: { path: /healthz }
    scale: { min: 1, max: 1 }
routes:
  - { match: { path: /approval/** }, to: approval, function: approval }
  - { match: { path: /notice/** }, to: approval, function: notice }
functions:
  approval: { name: { ko: 전자결재, en: Document approval }, owner: approval@example.go.kr, apdex_t: 100ms }
  notice: { name: { ko: 공지, en: Notices }, apdex_t: 100ms }
notices:
  gather: 1s
  channels: { ops: { email: ops@example.go.kr } }
  smtp: { host: 127.0.0.1, port: ${mail}, from: naru@example.go.kr, tls: never }
`;

/** A mail server that others wrote. Resolves to what it was sent so far. */
async function startMail(port) {
  const place = process.env.NARU_PEERS ? join(process.env.NARU_PEERS, 'mail') : join(tmpdir(), 'naru-console-mail');
  const python = join(place, 'venv/bin/python');
  const { status, stderr } = spawnSync(join(root, 'tests/peers/install'), [join(root, 'console/tests/mail'), place], {
    encoding: 'utf8',
  });
  assert.ok(status === 0 && existsSync(python), `aiosmtpd could not be installed: ${stderr}`);
  const child = spawn(python, [
    '-u',
    '-m',
    'aiosmtpd',
    '-n',
    '-l',
    `127.0.0.1:${port}`,
    '-c',
    'aiosmtpd.handlers.Debugging',
    'stdout',
  ]);
  const lines = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return {
    /** Everything as it came, encoded words and base64 included. */
    text: () => lines.join('\n'),
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** What mails say, read out of their encodings. */
function read(mails) {
  const words = mails.replaceAll(/=\?utf-8\?b\?([^?]*)\?=/gi, (_, coded) => Buffer.from(coded, 'base64').toString());
  const parts = mails.match(/(?:^[A-Za-z0-9+/]{20,}={0,2}$\n?)+/gm) ?? [];
  return [words, ...parts.map((part) => Buffer.from(part, 'base64').toString())].join('\n');
}

/** Asks again and again; every third time for the slow page. */
function startLoad(call) {
  let going = true;
  const person = async (path) => {
    while (going) {
      await call(path).catch(() => undefined);
      // The pace of a person; nothing is waited for.
      await new Promise((go) => setTimeout(go, 60));
    }
  };
  for (let i = 0; i < 4; i += 1) void person('/approval/7');
  for (let i = 0; i < 2; i += 1) void person('/notice/1');
  return () => (going = false);
}

async function drag(page, from, to) {
  const box = await page.locator('.tm-plot').first().boundingBox();
  const at = ([x, y]) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 5 });
  await page.mouse.up();
}

export const closingScenarios = {
  async 'closing: from the slow function to its cause, an alert and the mail'({ browser, screenshots }) {
    const folder = mkdtempSync(join(tmpdir(), 'naru-closing-'));
    const port = await freePort();
    const mail = await startMail(port);
    writeFileSync(join(folder, 'naru.yaml'), yaml(port));
    const naru = await startNaru(process.env.NARU_BIN, folder, '--otlp', 'any');
    const stop = startLoad(callerOf(naru.gateway));
    const opened = await openPage(browser, naru.origin, { token: TOKEN, language: 'ko' });
    const { page } = opened;
    const shot = (name) => page.screenshot({ path: join(screenshots, `closing-${name}.png`), fullPage: true });
    try {
      // The slow function stands first.
      const first = page.locator('.subjects tbody tr').first();
      await first.locator('.health.bad').waitFor();
      assert.match(await first.textContent(), /전자결재/);
      await shot('overview');
      await first.locator('th a').first().click();
      await page.locator('.now .figure').first().waitFor();

      // Its T-Map: a rectangle round the slow ones of the last minute.
      await opened.show('/tmap?subject=function:approval&range=1m&top=2');
      await page.locator('#tm-summary:not(:empty)').waitFor();
      await until('slow ones on the map', async () => {
        await drag(page, [0.5, 0.3], [0.97, 0.85]);
        const found = page.locator('.tm-found tbody tr .tm-to-trace').first();
        return found.waitFor({ timeout: 3000 }).then(
          () => true,
          () => false,
        );
      });
      await shot('tmap');

      // A trace becomes whole some seconds after its end; the service sends its parts as it comes to it.
      const links = await page.locator('.tm-found tbody tr .tm-to-trace').all();
      const ids = await Promise.all(
        links.map(async (link) => /traces\/(\w+)/.exec(await link.getAttribute('href'))[1]),
      );
      const seen = new Map();
      const whole = async (id) => {
        const trace = await naru.api.get(`traces/${id}`).catch((error) => ({ error: String(error) }));
        seen.set(id, trace.error ?? `${trace.spans.length} spans, ${trace.logs.length} lines`);
        return trace.spans?.length === 2 && trace.logs.length === 1;
      };
      const at = await until(
        'a whole trace',
        async () => {
          const told = await Promise.all(ids.map(whole));
          return told.includes(true) && { place: told.indexOf(true) };
        },
        60_000,
      ).catch(async (error) => {
        const counted = (await naru.api.page('/metrics')).match(/^naru_otlp_\w+_total.*$/gm);
        assert.fail([error.message, JSON.stringify([...seen]), ...counted, ...naru.said].join('\n'));
      });
      const link = links[at.place];
      await link.click();
      await page.locator('.wf-where li').first().waitFor();
      assert.match(await page.locator('.wf-where li').first().textContent(), /SELECT approval_line/);
      await page.locator('.wf-where button').first().click();
      await page.locator('.wf-code', { hasText: 'FROM approval_line' }).waitFor();
      assert.match(await page.locator('.wf-row').first().textContent(), /게이트웨이/);
      await page.locator('.logs', { hasText: 'slow query' }).waitFor();
      assert.deepEqual(await page.evaluate(complaintsOf, { language: 'ko' }), []);
      await shot('trace');

      // An alert on what users feel.
      await opened.show('/functions/approval');
      await page.locator('.chart', { hasText: '응답 시간' }).locator('.set-alert').click();
      const dialog = page.getByRole('dialog');
      await dialog.locator('#item-threshold').fill('300ms');
      await dialog.locator('#item-time').fill('10s');
      await dialog.locator('#item-name').fill('slow-approval');
      await dialog.getByRole('checkbox').check();
      await shot('alert');
      await dialog.getByRole('button', { name: '만들기' }).click();
      await dialog.waitFor({ state: 'detached' });
      await opened.show('/alerts');
      const alert = page.locator('.alerts > li', { hasText: 'p95' }).filter({ hasText: '전자결재' }).first();
      await alert.waitFor({ timeout: 60_000 });
      await alert.getByRole('button', { name: '까닭' }).click();
      await alert.locator('.explained').waitFor();
      await shot('alerts');

      await until(
        'the mail',
        () => /ops@example\.go\.kr/.test(mail.text()) && /p95|전자결재|approval/.test(read(mail.text())),
        60_000,
      );
      await opened.show('/alerts?show=told');
      await page.locator('.data tr', { hasText: '보냄' }).first().waitFor();
      await shot('told');
      await opened.close();
    } finally {
      stop();
      await naru.stop();
      await mail.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
