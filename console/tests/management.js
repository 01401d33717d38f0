// API management in the console: who is registered, called and shut out, and calls that were given up.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPage, until } from './browser.js';
import { KEY } from './platform.js';
import { focusStays } from './views.js';

const button = (page, name) => page.locator('main').getByRole('button', { name }).first();
const dialogOf = (page) => page.getByRole('dialog');
const confirm = (page) => dialogOf(page).locator('form .button.primary').click();
const gone = (page) => dialogOf(page).waitFor({ state: 'detached' });
const shown = (page, text) => page.locator('main .title-row .health', { hasText: text }).waitFor();

/** The status of a call with this key, once it is as wanted: keys and blocks reach the gateway within a second. */
const answered = (platform, key, status) =>
  until(`${status} for the key`, async () => {
    const answer = await platform.call('/orders/1', { headers: { 'X-API-Key': key } });
    return answer.status === status;
  });

/** Takes the key from the dialog that shows it once. */
async function taken(page) {
  const field = dialogOf(page).locator('input.made');
  await field.waitFor();
  const key = await field.inputValue();
  await dialogOf(page).locator('.actions .button').click();
  await gone(page);
  return key;
}

async function registered(page, screenshots) {
  await button(page, 'Register a client').click();
  const dialog = dialogOf(page);
  await dialog.getByLabel('Name', { exact: false }).first().fill('Partner App');
  await dialog.getByRole('alert').waitFor();
  assert.ok(await dialog.locator('form .button.primary').isDisabled(), 'a name that is none can be registered');
  await dialog.getByLabel('Name', { exact: false }).first().fill('partner-app');
  await dialog.getByLabel('Title').fill('Partner app');
  await dialog.getByLabel('Scopes').fill('orders.read');
  await dialog.getByLabel('Calls per second').fill('50');
  await page.screenshot({ path: join(screenshots, 'client-register.png') });
  await focusStays(page);
  await confirm(page);
  await dialog.locator('input.made').waitFor();
  await page.screenshot({ path: join(screenshots, 'client-key-once.png') });
  const key = await taken(page);
  await page.waitForFunction(() => location.hash.startsWith('#/clients/partner-app'));
  assert.match(key, /^nk_partner-app_/);
  return key;
}

export const managementScenarios = {
  async 'management: a client is registered, calls, is seen, blocked, let in, given another key and removed'({
    open,
    platform,
    screenshots,
  }) {
    const opened = await open({ language: 'en' });
    const { page } = opened;
    await opened.show('/clients');
    const key = await registered(page, screenshots);
    assert.ok(!(await page.content()).includes(key), 'the key is still in the page');
    assert.equal((await platform.call('/orders/1')).status, 401);
    await answered(platform, key, 200);
    for (let i = 0; i < 7; i += 1) await platform.call(`/orders/${i}`, { headers: { 'X-API-Key': key } });

    const subject = 'caller:partner-app';
    const counted = () => platform.api.get(`tally?subject=${subject}&by=route`);
    const { rows } = await until('the calls to be counted', async () => {
      const sums = await counted();
      return (sums.rows[0]?.calls ?? 0) >= 8 && sums;
    });
    const { calls } = rows[0];
    await page.waitForFunction((n) => document.querySelector('.sums .value')?.textContent === String(n), calls);
    const panel = page.getByRole('region', { name: 'Calls by API' });
    await panel.getByRole('link', { name: '/orders/**' }).waitFor();
    await page.screenshot({ path: join(screenshots, 'client-called.png'), fullPage: true });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('link', { name: 'CSV' }).click(),
    ]);
    const [head, line] = readFileSync(await download.path(), 'utf8').split('\r\n');
    assert.match(head, /^route,calls,/);
    assert.equal(line.split(',').slice(0, 2).join(), `/orders/**,${calls}`);

    await button(page, 'Block').click();
    await page.screenshot({ path: join(screenshots, 'client-block.png') });
    await confirm(page);
    await shown(page, 'Blocked');
    await answered(platform, key, 403);
    await page.locator('.toast').getByRole('button', { name: 'Undo' }).first().click();
    await shown(page, 'Let in');
    await answered(platform, key, 200);

    await button(page, 'Make or rotate a key').click();
    await page.screenshot({ path: join(screenshots, 'client-rotate.png') });
    await confirm(page);
    const next = await taken(page);
    await answered(platform, next, 200);
    await answered(platform, key, 200);
    const keys = page.getByRole('region', { name: 'Keys and secrets' });
    await keys.locator('tbody tr').nth(1).waitFor();
    await keys.locator('tbody tr', { hasText: 'until' }).getByRole('button').click();
    await confirm(page);
    await gone(page);
    await answered(platform, key, 401);
    await answered(platform, next, 200);

    await button(page, 'Edit').click();
    await dialogOf(page).getByLabel('Owner').fill('partner@example.go.kr');
    await confirm(page);
    await page.locator('.facts', { hasText: 'partner@example.go.kr' }).waitFor();
    const { client } = await platform.api.get('clients/partner-app');
    assert.deepEqual(
      [client.owner, client.scopes, client.limits[0].of],
      ['partner@example.go.kr', ['orders.read'], { calls: { rate: 50_000, burst: 50 } }],
    );

    await button(page, 'Remove').click();
    await confirm(page);
    await page.waitForFunction(() => location.hash.startsWith('#/clients') && !location.hash.includes('partner-app'));
    await answered(platform, next, 401);
    const audit = JSON.stringify(await platform.api.get('audit'));
    assert.ok(audit.includes('partner-app'), 'the audit does not know the client');
    assert.ok(!audit.includes(key) && !audit.includes(next), 'a key is in the audit');
    await opened.close();
  },

  async 'management: what naru.yaml says is looked at, and changed there'({ open, platform }) {
    const opened = await open({ language: 'en' });
    const { page } = opened;
    await answered(platform, KEY, 200);
    await opened.show('/clients');
    await page.getByRole('searchbox').fill('partners');
    await page.locator('.data tbody').getByRole('link', { name: 'Kiosks' }).click();
    await shown(page, 'Let in');
    for (const name of ['Edit', 'Block', 'Remove', 'Make or rotate a key']) {
      const refused = button(page, name);
      assert.equal(await refused.getAttribute('aria-disabled'), 'true', name);
      assert.match(await refused.getAttribute('data-tip'), /naru\.yaml/);
      await refused.click({ force: true });
    }
    assert.equal(await dialogOf(page).count(), 0, 'a refused button opened something');
    await opened.close();
  },

  async 'management: a dead letter is looked at, and replayed once its cause is gone'({ open, platform, screenshots }) {
    platform.breakMoody(true);
    const body = 'a report of November';
    const accepted = await platform.call('/later', { method: 'POST', headers: { 'X-Wish': 'soon' }, body });
    assert.equal(accepted.status, 202, accepted.text);
    const dead = async () => (await platform.api.get('dead-letters')).letters;
    const [letter] = await until('a dead letter', async () => {
      const letters = await dead();
      return letters.length > 0 && letters;
    });
    const opened = await open({ language: 'ko' });
    const { page } = opened;
    await opened.show('/jobs');
    await page.locator('.opens').first().click();
    await page.waitForFunction((id) => location.hash.includes(id), letter.id);
    const text = dialogOf(page).locator('.letter-body');
    await text.filter({ hasText: body }).waitFor();
    assert.match((await text.first().textContent()).toLowerCase(), /x-wish: soon/);
    assert.ok((await dialogOf(page).textContent()).includes(letter.why));
    await page.screenshot({ path: join(screenshots, 'dead-letter.png') });
    await focusStays(page);

    const viewer = await platform.api.post('tokens', { name: 'looks-on', role: 'viewer' });
    const looking = await openPage(opened.page.context().browser(), platform.origin, {
      token: viewer.secret,
      language: 'ko',
    });
    await looking.show(`/jobs?letter=${letter.id}`);
    await dialogOf(looking.page).getByText('개인정보').waitFor();
    assert.ok(!(await looking.page.content()).includes(body), 'a viewer reads the body');
    const refused = dialogOf(looking.page).getByRole('button', { name: '재처리' });
    assert.equal(await refused.getAttribute('aria-disabled'), 'true');
    await looking.close();

    platform.breakMoody(false);
    await dialogOf(page).getByRole('button', { name: '재처리' }).click();
    await page.screenshot({ path: join(screenshots, 'dead-letter-replay.png') });
    await confirm(page);
    await gone(page);
    await until('the job to be done', async () => {
      const [figures] = await platform.api.get('jobs');
      return figures.done === 1 && figures.dead === 0;
    });
    await page.getByText('처리 실패 메시지가 없습니다').waitFor();
    await opened.close();
  },

  async 'management: several dead letters are replayed at once, and one is discarded'({ open, platform }) {
    platform.breakMoody(true);
    for (const body of ['one', 'two', 'three']) await platform.call('/later', { method: 'POST', body });
    const dead = async () => (await platform.api.get('dead-letters')).letters.length;
    await until('three dead letters', async () => (await dead()) === 3);
    const opened = await open({ language: 'en' });
    const { page } = opened;
    await opened.show('/jobs');
    await page.locator('.opens').first().click();
    await dialogOf(page).getByRole('button', { name: 'Discard' }).click();
    await confirm(page);
    await gone(page);
    assert.equal(await dead(), 2);
    platform.breakMoody(false);
    await button(page, 'Replay the 2 shown').click();
    await confirm(page);
    await gone(page);
    await until('all to be done', async () => {
      const [figures] = await platform.api.get('jobs');
      return figures.dead === 0 && figures.queued + figures.running === 0;
    });
    await opened.close();
  },

  async 'management: an API shows its terms and callers, a link its state and fallbacks'({ open, platform }) {
    await answered(platform, KEY, 200);
    const saved = await platform.link('/now');
    assert.equal(saved.text, '{"weather":"unknown"}');
    const opened = await open({ language: 'en' });
    const { page } = opened;
    await opened.show('/apis');
    await page.locator('.data tbody').getByRole('link', { name: '/orders/**' }).click();
    const terms = page.getByRole('region', { name: 'Policies' });
    await terms.getByText('API key', { exact: true }).waitFor();
    await terms.getByText('rate 500/s').waitFor();
    const callers = page.getByRole('region', { name: 'By caller' });
    await callers.getByRole('link', { name: 'kiosk' }).waitFor();
    await opened.show('/links');
    const row = page.locator('.data tbody tr', { hasText: 'weather' });
    await row.getByText(/Down|Breaker open/).waitFor();
    await page.waitForFunction(() => Number(document.querySelector('.data tbody tr td:last-child').textContent) >= 1);
    await row.getByRole('link', { name: 'weather' }).click();
    await page.locator('.sums .figure').first().waitFor();
    await opened.close();
  },

  async 'management: what stands out is what /v1/calls says'({ open, platform }) {
    await answered(platform, KEY, 200);
    const opened = await open({ language: 'en' });
    const { page } = opened;
    await opened.show('/calls?range=1h');
    const fresh = page.getByRole('region', { name: 'New callers' });
    await fresh.getByRole('link', { name: 'kiosk' }).waitFor();
    const report = await platform.api.get('calls');
    const names = await page.getByRole('region', { name: 'Unused APIs' }).locator('tbody th').allTextContents();
    assert.deepEqual(
      names,
      report.unused_routes.map(({ route }) => route),
    );
    assert.ok(names.includes('/old/**'), `${names}`);
    await opened.close();
  },
};
