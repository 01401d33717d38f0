// The T-Map and the timeline: what is drawn, chosen and explained is what the API says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './browser.js';

const plot = async (page) => {
  await page.locator('#tm-summary:not(:empty)').waitFor();
  return page.locator('.tm-plot').boundingBox();
};

/** What the selection in the address asks the API for, asked by another client. */
async function inSelection(platform, page, errors = false) {
  const [from, to, low, high] = new URLSearchParams(page.url().split('?')[1]).get('sel').split('_');
  const query = {
    from: Math.floor(from * 1e6),
    to: Math.ceil(to * 1e6),
    at_least: low,
    limit: 1000,
    ...(high ? { at_most: high } : {}),
  };
  return platform.api.get(`transactions?${new URLSearchParams({ ...query, ...(errors ? { errors: true } : {}) })}`);
}

const rowsOf = (page) =>
  page
    .locator('.tm-found tbody tr')
    .evaluateAll((rows) =>
      rows
        .map((row) => [...row.cells].map((cell) => cell.textContent.trim()))
        .map((cells) => ({ client: cells[8], path: cells[10], status: cells[11] })),
    );

/** As the table writes one. */
const shown = ({ client, path, status }) => ({ client, path: path || '–', status: String(status || '–') });

async function drag(page, box, from, to) {
  const at = ([x, y]) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 4 });
  await page.mouse.up();
}

/** A minute that is over, so that nothing is added to it while it is looked at. */
async function lastMinute(platform) {
  const { at } = await until('half a minute of transactions', async () => {
    const status = await platform.api.get('status');
    const { transactions } = await platform.api.get(
      `map?from=${Math.floor(status.at / 1e6) - 20}&to=${Math.floor(status.at / 1e6) - 3}&dots=0`,
    );
    return transactions > 300 && status;
  });
  const to = Math.floor(at / 1e6) - 3;
  return { from: to - 60, to };
}

export const tmapScenarios = {
  async 'T-Map: the sum is what the API counts'({ open, platform }) {
    const opened = await open({ language: 'en' });
    const { from, to } = await lastMinute(platform);
    await opened.show(`/tmap?from=${from}&to=${to}`);
    await plot(opened.page);
    const map = await platform.api.get(`map?from=${from}&to=${to}`);
    const [shown, errors] = (await opened.page.locator('#tm-summary').textContent())
      .match(/([\d,]+) transactions.*?([\d,]+) errors/)
      .slice(1)
      .map((text) => Number(text.replaceAll(',', '')));
    assert.deepEqual([shown, errors], [map.transactions, map.errors]);
    await opened.close();
  },

  async 'T-Map: a drag opens the transactions in it, as /v1/transactions has them'({ open, platform, screenshots }) {
    const opened = await open({ language: 'ko' });
    const { page } = opened;
    const { from, to } = await lastMinute(platform);
    await opened.show(`/tmap?from=${from}&to=${to}`);
    const box = await plot(page);
    await drag(page, box, [0.6, 0.02], [0.75, 0.93]);
    await page.locator('.tm-found tbody tr').first().waitFor();
    const found = await inSelection(platform, page);
    const expected = found.transactions.slice(0, 200).map(shown);
    assert.ok(expected.length > 5, `only ${expected.length} were in the rectangle`);
    assert.deepEqual(await rowsOf(page), expected);
    await page.screenshot({ path: join(screenshots, 'tmap-selected.png'), fullPage: true });

    if (found.transactions.length > 200) {
      await page.locator('.tm-more button').click();
      await page.waitForFunction(() => document.querySelectorAll('.tm-found tbody tr').length > 200);
      const joined = await rowsOf(page);
      assert.deepEqual(joined, found.transactions.slice(0, joined.length).map(shown));
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    const rows = await page.locator('.tm-found tbody tr').count();
    assert.equal(
      readFileSync(await download.path(), 'utf8')
        .trim()
        .split('\r\n').length,
      rows + 1,
    );

    await page.locator('.tm-check input').check();
    await page.waitForFunction(() => new URLSearchParams(location.hash.split('?')[1]).get('errors') === '1');
    const failed = await inSelection(platform, page, true);
    await page.waitForFunction(
      (n) => document.querySelectorAll('.tm-found tbody tr').length === n,
      Math.min(200, failed.transactions.length),
    );
    await opened.close();
  },

  async 'T-Map: the keyboard selects and opens, details trap the focus, the address reproduces it'({
    open,
    platform,
    screenshots,
  }) {
    const opened = await open({ language: 'en' });
    const { page } = opened;
    const { from, to } = await lastMinute(platform);
    await opened.show(`/tmap?from=${from}&to=${to}`);
    await plot(page);
    await page.locator('.tm-plot').focus();
    await page.keyboard.press('PageDown');
    await page.keyboard.press('Shift+PageUp');
    for (let i = 0; i < 12; i += 1) await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Enter');
    await page.locator('.tm-found tbody tr').first().waitFor();
    const opener = page.locator('.tm-open').first();
    await opener.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await page.screenshot({ path: join(screenshots, 'tmap-transaction.png') });
    await focusStays(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.ok(await opener.evaluate((element) => element === document.activeElement), 'the focus did not come back');

    const before = await rowsOf(page);
    await page.reload();
    await page.locator('.tm-found tbody tr').first().waitFor();
    assert.deepEqual(await rowsOf(page), before);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('.tm-found').waitFor({ state: 'detached' });
    await opened.close();
  },

  async 'T-Map: live, it takes the newest seconds only, and pauses'({ open }) {
    const opened = await open({ language: 'en' });
    const { page } = opened;
    const asked = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname === '/v1/map') asked.push(url.searchParams.get('to') - url.searchParams.get('from'));
    });
    await opened.show('/tmap?range=5m');
    await plot(page);
    const first = await page.locator('#tm-summary').textContent();
    await until('four requests', () => asked.length >= 5);
    assert.ok(asked[0] >= 300 && asked.slice(1).every((seconds) => seconds <= 6), `seconds asked for: ${asked}`);
    assert.notEqual(await page.locator('#tm-summary').textContent(), first);
    await page.locator('.tm-plot').focus();
    await page.keyboard.press('Space');
    await page.waitForFunction(() => new URLSearchParams(location.hash.split('?')[1]).has('to'));
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.waitForFunction(() => !new URLSearchParams(location.hash.split('?')[1]).has('to'));
    await opened.close();
  },
};

export const timelineScenarios = {
  async 'timeline: a mark says why, in both languages, from the decision'({ open, platform, screenshots }) {
    const decided = await until(
      'a decision of groupware’s policies',
      async () => {
        const events = await platform.api.get('events?service=groupware&kind=scaled&limit=1000');
        return events.find((event) => event.decision && event.decision.to > event.decision.from);
      },
      60_000,
    );
    const wish = decided.decision.wishes.find((one) => one.wants !== null);
    for (const [language, words] of [
      ['ko', ['에서', '늘림', '필요하다고 보았습니다']],
      ['en', ['up from', 'Policy', 'That takes']],
    ]) {
      const opened = await open({ language });
      const { page } = opened;
      await opened.show(`/timeline?range=30m&service=groupware&kinds=scale&event=${decided.id}`);
      const why = page.locator('.tl-why').first();
      await why.waitFor();
      const text = await why.textContent();
      for (const word of [...words, String(decided.decision.from), String(decided.decision.to), String(wish.wants)])
        assert.ok(text.includes(word), `“${word}” is not in: ${text}`);
      await page.screenshot({ path: join(screenshots, `timeline-why-${language}.png`) });
      await opened.close();
    }
  },

  async 'timeline: arrow keys go from mark to mark, Enter tells, and the list has the same'({ open, platform }) {
    const opened = await open({ language: 'en' });
    const { page } = opened;
    await opened.show('/timeline?range=30m&kinds=deploy.scale.failure.instance.platform');
    await page.locator('.tl-marker').first().waitFor();
    await page.locator('.tl-lane[data-lane=portal] .tl-marker').last().focus();
    const lane = () => page.evaluate(() => document.activeElement.closest('.tl-lane')?.dataset.lane);
    assert.equal(await lane(), 'portal');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Home');
    assert.ok(await page.evaluate(() => document.activeElement.matches('.tl-marker')));
    await page.keyboard.press('Enter');
    await page.locator('.tl-why').first().waitFor();
    const id = new URLSearchParams(page.url().split('?')[1]).get('event');
    const events = await platform.api.get('events?limit=1000');
    const chosen = events.find((event) => String(event.id) === id);
    assert.ok(chosen, `there is no event ${id}`);
    const quotes = await page.locator('.tl-why blockquote').allTextContents();
    assert.ok(quotes.includes(chosen.message), `${quotes} is not “${chosen.message}”`);
    assert.ok((await page.locator('.tl-list tbody tr').count()) > 3);
    await opened.close();
  },
};

/** Presses Tab more often than there are parts: the focus must stay in the dialog. */
export async function focusStays(page) {
  for (let i = 0; i < 25; i += 1) {
    await page.keyboard.press(i % 5 === 4 ? 'Shift+Tab' : 'Tab');
    const inside = await page.evaluate(() => document.activeElement.closest('[role=dialog]') !== null);
    assert.ok(inside, 'the focus left the dialog');
  }
}
