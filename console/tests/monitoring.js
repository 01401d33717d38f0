// Traces, log lines, the service map, metrics and alerts over the made-up bad afternoon of made.js: what is shown, that it can be
// reached by everybody, and that one thing leads to the next.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { complaintsOf, focusShown } from './access.js';
import { openPage } from './browser.js';
import { LONG_TRACE, TRACE } from './made.js';
import { startStage } from './stage.js';
import { focusStays } from './views.js';

/** Where each page is, and what shows that it is there. */
const PAGES = {
  map: ['/map', '.map-node'],
  traces: ['/traces', '.data tbody tr'],
  trace: [`/traces/${TRACE}?span=0000000000000006`, '.wf-detail'],
  logs: ['/logs', '.logs tbody tr'],
  metrics: ['/metrics?m=instance%3Aportal-1-4+jvm.memory.used', '.chart canvas'],
  alerts: ['/alerts?alert=41', '.explained'],
  items: ['/alerts?show=items', '.data tbody tr'],
  silences: ['/alerts?show=silences', '.small-empty'],
  notices: ['/alerts?show=told', '.sent'],
  function: ['/functions/approval?range=15m', '.reach .data tbody tr'],
  service: ['/services/portal?range=15m&vs=1d', '.chart canvas'],
  instance: ['/instances/portal-1-4?range=15m', '.standing'],
  host: ['/host?range=15m', '.chart canvas'],
};

async function onStage({ browser, platform }, look, work) {
  const stage = await startStage(platform.origin);
  const opened = await openPage(browser, stage.origin, { token: 'any', ...look });
  try {
    await work(opened, opened.page);
  } finally {
    await opened.close();
    await stage.stop();
  }
}

const hash = (page) => page.evaluate(() => location.hash);

export const monitoringScenarios = {
  ...Object.fromEntries(
    [
      ['ko', 'light', 'desktop'],
      ['en', 'dark', 'desktop'],
      ['ko', 'dark', 'phone'],
      ['en', 'light', 'phone'],
    ].map(([language, theme, width]) => [
      `monitoring, every page: ${language}, ${theme}, ${width}`,
      (context) =>
        onStage(context, { language, theme, width }, async (opened, page) => {
          for (const [name, [to, there]] of Object.entries(PAGES)) {
            await opened.show(to);
            await page.locator(there).first().waitFor();
            const file = `monitoring-${name}-${language}-${theme}-${width}.png`;
            await page.screenshot({ path: join(context.screenshots, file), fullPage: true });
            assert.deepEqual(await page.evaluate(complaintsOf, { language }), [], name);
          }
        }),
    ]),
  ),

  'monitoring: the keyboard reaches every part and shows where it is': (context) =>
    onStage(context, {}, async (opened, page) => {
      for (const [name, [to, there]] of Object.entries(PAGES)) {
        await opened.show(to);
        await page.locator(there).first().waitFor();
        let seen = 0;
        for (let i = 0; i < 45; i += 1) {
          await page.keyboard.press('Tab');
          const { end, shown, what } = await page.evaluate(focusShown);
          if (end) break;
          assert.ok(shown, `${name}: no focus is shown on ${what}`);
          seen += 1;
        }
        assert.ok(seen >= 5, `${name}: only ${seen} parts can be reached`);
      }
    }),

  'p13_a trace says where its time went, and the keyboard walks through it': (context) =>
    onStage(context, { language: 'ko' }, async (opened, page) => {
      await opened.show(`/traces/${TRACE}`);
      await page.locator('.wf-row').first().waitFor();
      const first = await page.locator('.wf-where li').first().textContent();
      assert.match(first, /SELECT groupware\.approval_line.*72%/);
      assert.match(await page.locator('.wf-row').first().textContent(), /게이트웨이/);
      await page.locator('.wf-where button').first().click();
      await page.locator('.wf-code', { hasText: 'from approval_line' }).waitFor();
      const rows = () => page.locator('.wf-row').count();
      const all = await rows();
      await page.locator('.wf-rows').focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowLeft');
      await page.waitForFunction(() => document.querySelectorAll('.wf-row').length === 1);
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction((n) => document.querySelectorAll('.wf-row').length === n, all);
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.locator('.wf-stack', { hasText: 'SocketTimeoutException' }).waitFor();
      assert.match(await hash(page), /span=0000000000000006/);
      await page.reload();
      await page.locator('.wf-stack').waitFor();
      await page.locator('.tm-check input').check();
      assert.equal(await page.locator('.logs tbody tr').count(), 1);
      await page.locator('.chart', { hasText: '힙' }).first().waitFor();
    }),

  'p13_ten thousand spans are walked through, and only those in view are there': (context) =>
    onStage(context, { language: 'en' }, async (opened, page) => {
      await opened.show(`/traces/${LONG_TRACE}`);
      await page.locator('.wf-row').first().waitFor();
      const there = await page.locator('.wf-row').count();
      assert.ok(there < 80, `${there} rows are in the page`);
      await page.locator('.wf-rows').focus();
      await page.keyboard.press('End');
      await page.waitForFunction(() => document.querySelector('.wf-rows').scrollTop > 200_000);
      await page.locator('.wf-row.current').waitFor();
      assert.ok((await page.locator('.wf-row').count()) < 80);
    }),

  'p13_the service map tells errors in words, and a press leads on to the traces': (context) =>
    onStage(context, { language: 'en' }, async (opened, page) => {
      await opened.show('/map');
      const said = page.locator('.map-said li').first();
      await said.waitFor();
      assert.match(await said.textContent(), /groupware → registry: .* 8\.4% errors/);
      await page.getByRole('button', { name: /^Database postgresql groupware/ }).focus();
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelectorAll('.data tbody tr').length === 1);
      assert.match(await hash(page), /part=database/);
      await page.locator('.data tbody tr a', { hasText: 'Find traces' }).click();
      await page.locator('.trace-bar').first().waitFor();
      assert.match(await hash(page), /traces\?.*service=groupware.*work=database/);
    }),

  'p6_any metric is found by its name, drawn, and the address keeps it': (context) =>
    onStage(context, { language: 'en' }, async (opened, page) => {
      await opened.show('/metrics');
      await page.getByRole('textbox', { name: 'Find by name' }).fill('swap');
      await page.keyboard.press('Enter');
      await page.locator('.pick', { hasText: 'host.swap.used' }).click();
      await page.locator('.chart canvas').waitFor();
      assert.equal(await page.locator('.data tbody tr').count(), 1);
      await page.reload();
      await page.locator('.chart', { hasText: 'host.swap.used' }).waitFor();
      await page.getByLabel('Compare').selectOption('1d');
      await page.locator('.chart .legend', { hasText: 'compared' }).waitFor();
    }),

  'p12_a figure explains itself and leads to its cause; p5_ and says when it gets there': (context) =>
    onStage(context, { language: 'ko' }, async (opened, page) => {
      await opened.show('/services/portal');
      const figure = page.locator('.now .figure', { hasText: 'p95' });
      await figure.locator('.ahead').waitFor();
      assert.match(await figure.locator('.ahead').textContent(), /약 1\d분 뒤 500 ms 도달/);
      await figure.locator('.explain').click();
      await page.locator('.causes li').first().waitFor();
      await focusStays(page);
      await page.locator('.causes a').first().click();
      await page.locator('h1', { hasText: 'portal-1-4' }).waitFor();
      await page.locator('.standing', { hasText: '95%' }).waitFor();
    }),

  'p9_an alert is acknowledged and silenced, an item set from a chart, a channel tried': (context) =>
    onStage(context, { language: 'en' }, async (opened, page) => {
      await opened.show('/alerts');
      assert.match(await page.locator('.nav .alarm-count').textContent(), /2/);
      const first = page.locator('.alerts > li').first();
      await first.getByRole('button', { name: 'Acknowledge' }).click();
      await first.getByText('seen by stage').waitFor();
      await first.getByRole('button', { name: 'Silence' }).click();
      const dialog = page.getByRole('dialog');
      assert.ok(await dialog.getByRole('button', { name: 'Silence' }).isDisabled(), 'silenced without a word why');
      await dialog.getByLabel('Why').fill('heap dump is being taken');
      await dialog.getByRole('button', { name: 'Silence' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Silences' }).click();
      await page.locator('.data', { hasText: 'heap dump is being taken' }).waitFor();

      await opened.show('/services/portal');
      // What the service measures of itself, further down, may be called so too.
      await page.locator('.chart', { hasText: 'Response time' }).first().locator('.set-alert').click();
      await dialog.waitFor();
      await focusStays(page);
      await dialog.getByLabel('Threshold').fill('800ms');
      assert.match(await dialog.textContent(), /p95 > 800ms for 1m/);
      await dialog.getByRole('button', { name: 'Set', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      await opened.show('/alerts?show=items');
      await page.locator('.data tr', { hasText: 'p95 > 800ms for 1m' }).waitFor();
      await opened.show('/alerts?show=told');
      await page.getByRole('button', { name: 'Try' }).click();
      await page.locator('.data tr', { hasText: 'trial' }).first().waitFor();
    }),
};
