// Every page in both languages, both themes, on a desktop and on a phone: live, true, readable, usable.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { complaintsOf, focusShown } from './access.js';
import { openPage } from './browser.js';
import { TOKEN } from './platform.js';

/** Where each page is, what shows that it is there, and what on it must be as the status says. Checks run inside the page. */
const PAGES = {
  overview: {
    hash: '/',
    there: '.subjects tbody tr',
    differs(status) {
      const number = (text) => Number(text.replace(/[^\d.]/g, ''));
      return [...status.services, ...status.functions].flatMap((one) => {
        const row = [...document.querySelectorAll('.subjects tbody tr')].find((each) =>
          [one.name, ...Object.values(one.title ?? {})].includes(each.querySelector('th a')?.textContent),
        );
        if (!row) return [`no row of ${one.name}`];
        const shown = number(row.querySelector('td.number').textContent);
        const off =
          Math.abs(shown - one.traffic.requests_per_second) >
          Math.max(0.06, one.traffic.requests_per_second / 1000 + 0.5);
        const wrong = off ? [`${one.name}: ${shown}/s, not ${one.traffic.requests_per_second}`] : [];
        if (one.desired === undefined) return wrong;
        const counts = row.querySelector('td.instances > span').textContent.match(/\d+/g).slice(0, 2).map(Number);
        return counts[0] === one.ready && counts[1] === one.desired
          ? wrong
          : [...wrong, `${one.name}: ${counts}, not ${one.ready} of ${one.desired}`];
      });
    },
  },
  service: {
    hash: '/services/portal',
    there: '.now .figure',
    differs(status) {
      const service = status.services.find((one) => one.name === 'portal');
      const text = document.querySelector('main').textContent;
      const missing = service.instances.filter(({ id }) => !text.includes(id)).map(({ id }) => `no instance ${id}`);
      const counts = [...document.querySelectorAll('.now .figure')]
        .at(-1)
        .textContent.match(/\d+/g)
        .slice(0, 2)
        .map(Number);
      const right = counts[0] === service.ready && counts[1] === service.desired;
      return right ? missing : [...missing, `instances ${counts}, not ${service.ready} of ${service.desired}`];
    },
  },
  function: {
    hash: '/functions/approval',
    there: '.now .figure',
    differs(status) {
      const { traffic, title } = status.functions.find((one) => one.name === 'approval');
      const { satisfied, tolerating, frustrated } = traffic.apdex;
      const all = satisfied + tolerating + frustrated;
      const score = ((satisfied + tolerating / 2) / all).toFixed(2);
      const text = document.querySelector('main').textContent;
      const wrong = all > 0 && !text.includes(score) ? [`no Apdex ${score}`] : [];
      return text.includes(title[document.documentElement.lang]) ? wrong : [...wrong, 'no title'];
    },
  },
  tmap: {
    hash: '/tmap?range=5m',
    there: '#tm-summary:not(:empty)',
    differs() {
      const canvas = document.querySelector('.tm-plot canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 200) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
      return colours.size > 20 ? [] : ['nothing is drawn'];
    },
  },
  timeline: {
    hash: '/timeline?range=5m&kinds=deploy.scale.failure.instance.platform',
    there: '.tl-marker',
    differs(status) {
      return status.services.flatMap((one) => {
        const lane = [...document.querySelectorAll('.tl-lane')].find((each) => each.dataset.lane === one.name);
        if (!lane) return [`no band of ${one.name}`];
        const counts = lane.querySelector('.tl-count').textContent.match(/\d+/g).map(Number);
        return counts[0] === one.ready && counts[1] === one.desired
          ? []
          : [`${one.name}: ${counts}, not ${one.ready} of ${one.desired}`];
      });
    },
  },
  calls: {
    hash: '/calls',
    there: '.beside .data',
    differs: () => (document.querySelectorAll('.beside .panel').length === 8 ? [] : ['a question is missing']),
  },
  apis: {
    hash: '/apis',
    there: '.data tbody tr',
    differs() {
      const text = document.querySelector('.data').textContent;
      const wanted = ['/orders/**', 'POST /later', '/old/**', '/portal/**', '/groupware/**'];
      return wanted.filter((path) => !text.includes(path)).map((path) => `no ${path}`);
    },
  },
  api: {
    hash: '/apis/%2Fportal%2F**?range=5m',
    there: '.chart canvas',
    differs: () => (document.querySelectorAll('.chart').length === 6 ? [] : ['a chart is missing']),
  },
  clients: {
    hash: '/clients',
    there: '.data tbody tr',
    differs: () => (document.querySelector('.data').textContent.includes('Kiosks') ? [] : ['no kiosk']),
  },
  client: {
    hash: '/clients/kiosk?range=5m',
    there: '.chart canvas',
    differs: () => (document.querySelector('.said').textContent.includes('orders.read') ? [] : ['no scope']),
  },
  links: {
    hash: '/links',
    there: '.data tbody tr',
    differs(status) {
      const text = document.querySelector('.data').textContent;
      return status.links
        .filter(({ name, url }) => !text.includes(name) || !text.includes(url))
        .map(({ name }) => name);
    },
  },
  link: {
    hash: '/links/weather?range=5m',
    there: '.sums .figure',
    differs(status) {
      const text = document.querySelector('main').textContent;
      return status.links[0].addresses.filter((address) => !text.includes(address));
    },
  },
  jobs: {
    hash: '/jobs',
    there: '.data tbody tr',
    differs: () => (document.querySelector('.data').textContent.includes('/later') ? [] : ['no job']),
  },
};

async function eachPage({ open, platform, screenshots }, options) {
  const opened = await open(options);
  const { page } = opened;
  for (const [name, { hash, there, differs }] of Object.entries(PAGES)) {
    await opened.show(hash);
    await page.locator(there).first().waitFor();
    // At least one more message than the one that the page began with: it lives.
    const before = await page.evaluate(() => window.toldStatus?.at);
    await page.waitForFunction((at) => window.toldStatus && window.toldStatus.at !== at, before);
    // In one go, so that no message comes between what was told and what is shown.
    const wrong = await page.evaluate(
      `(${differs.toString().replace(/^differs/, 'function differs')})(window.toldStatus)`,
    );
    assert.deepEqual(wrong, [], `${name}: what is shown is not what the status says`);
    const told = await page.evaluate(() => window.toldStatus);
    const now = await platform.api.get('status');
    assert.deepEqual(
      told.services.map((one) => one.name),
      now.services.map((one) => one.name),
    );
    assert.ok(now.at - told.at < 3_000_000, `${name}: the status shown is ${(now.at - told.at) / 1e6} s old`);
    assert.deepEqual(await page.evaluate(complaintsOf, options), [], name);
    const file = `${name}-${options.language}-${options.theme}-${options.width}.png`;
    await page.screenshot({ path: join(screenshots, file), fullPage: true });
  }
  await opened.close();
}

export const accessScenarios = {
  async 'signing in: refused without a token, in with the right one'({ browser, platform, screenshots }) {
    const opened = await openPage(browser, platform.origin);
    const { page, faults } = opened;
    await page.goto(platform.origin);
    await page.locator('input[type=password]').fill('not-the-token');
    await page.keyboard.press('Enter');
    await page.locator('[role=alert]').waitFor();
    await page.screenshot({ path: join(screenshots, 'sign-in.png') });
    await page.locator('input[type=password]').fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.locator('.subjects tbody tr').first().waitFor();
    assert.ok(!(await page.content()).includes(TOKEN), 'the token is in the page');
    assert.ok(!page.url().includes(TOKEN), 'the token is in the address');
    // The browser itself notes on the console that it was refused: that is what was asked for.
    const others = faults.filter((fault) => !/401/.test(fault));
    assert.deepEqual(others, []);
    await opened.context.close();
  },

  ...Object.fromEntries(
    ['ko', 'en'].flatMap((language) =>
      ['light', 'dark'].flatMap((theme) =>
        ['desktop', 'phone'].map((width) => [
          `every page: ${language}, ${theme}, ${width}`,
          (context) => eachPage(context, { language, theme, width }),
        ]),
      ),
    ),
  ),

  async 'the keyboard reaches every page’s parts and shows where it is'({ open }) {
    const opened = await open({});
    const { page } = opened;
    for (const [name, { hash, there }] of Object.entries(PAGES)) {
      await opened.show(hash);
      await page.locator(there).first().waitFor();
      let seen = 0;
      for (let i = 0; i < 60; i += 1) {
        await page.keyboard.press('Tab');
        const { end, shown, what } = await page.evaluate(focusShown);
        if (end) break;
        assert.ok(shown, `${name}: no focus is shown on ${what}`);
        seen += 1;
      }
      assert.ok(seen >= 8, `${name}: only ${seen} parts can be reached`);
    }
    await opened.close();
  },

  async 'the language and the theme are chosen, and kept'({ open }) {
    const opened = await open({ language: 'ko', theme: 'light' });
    const { page } = opened;
    await page.getByRole('button', { name: 'English' }).click();
    await page.waitForFunction(() => document.documentElement.lang === 'en');
    await page.getByRole('button', { name: /dark/i }).click();
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await page.reload();
    await page.locator('.subjects tbody tr').first().waitFor();
    assert.deepEqual(
      await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]),
      ['en', 'dark'],
    );
    await opened.close();
  },
};
