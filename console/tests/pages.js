// Every page in both languages, both themes, on a desktop and on a phone: live, true, readable, usable.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaintsOf, focusShown } from './access.js';
import { openPage } from './browser.js';
import { TOKEN } from './platform.js';

/** A system half assessed, as the browser keeps it: an answer that its figures contradict, and figures that are wrong. */
const SYSTEM = {
  system: '공영 홈쇼핑 주문 시스템',
  name: 'home-shopping',
  publicService: 'yes',
  answers: Object.fromEntries([
    ...['cloud_target', 'renewal', 'maintenance_cost', 'frequent_change', 'separable_functions', 'old_complex_code']
      .concat(['manual_delivery', 'faster_release'])
      .map((key) => [key, { answer: 'yes', evidence: '담당 부서 확인' }]),
    ['stops_to_recover', { answer: 'no', evidence: '' }],
  ]),
  figures: {
    initial_cost: '12,000,000,000',
    stops_a_year: '3',
    users_a_day: '130,000',
    linked_systems: '18',
    peak_rate: '많음',
    application_today: '0',
  },
  functions: [{ name: 'orders', title: '주문', path: '/orders/**', owner: '' }],
  links: [{ name: 'card-payment', url: 'card' }],
};
/** The example, as the browser keeps it. */
const TABLE = JSON.stringify({
  name: 'systems.csv',
  text: readFileSync(new URL('../../examples/assess/systems.csv', import.meta.url), 'utf8'),
});

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
  instances: {
    hash: '/instances',
    there: '.crowd-head',
    differs(status) {
      const told = [...document.querySelectorAll('.crowd-head')].map((head) => head.textContent);
      return status.services
        .filter((one) => !told.some((text) => text.startsWith(one.name) && text.includes(`/${one.instances.length}`)))
        .map((one) => `${told}: not ${one.instances.length} of ${one.name}`);
    },
  },
  instance: {
    hash: '/instances/portal-1-1?range=5m&vs=1h',
    there: '.chart canvas',
    differs: () => (document.querySelectorAll('.chart').length >= 9 ? [] : ['a chart is missing']),
  },
  host: {
    hash: '/host?range=5m',
    there: '.chart canvas',
    differs(status) {
      const told = document.querySelector('.figure').textContent;
      return told.includes(`/ ${status.host.cores} `) ? [] : [`${told}: not ${status.host.cores} cores`];
    },
  },
  tmap: {
    hash: '/tmap?range=5m&vs=1h&shade=root',
    there: '#tm-summary:not(:empty)',
    differs() {
      if (document.querySelectorAll('.tm-plot').length !== 2) return ['the map of an hour before is missing'];
      const canvas = document.querySelector('.tm-plot canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 200) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
      return colours.size > 20 ? [] : ['nothing is drawn'];
    },
  },
  map: {
    hash: '/map?range=5m',
    there: '.map-node',
    differs(status) {
      const text = document.querySelector('.map').textContent;
      return ['portal', 'groupware'].filter((name) => !text.includes(name)).map((name) => `no ${name} of ${status.at}`);
    },
  },
  traces: {
    hash: '/traces',
    there: '.search ~ *',
    differs: () => (document.querySelector('.trouble') ? ['it could not be asked'] : []),
  },
  logs: {
    hash: '/logs',
    there: '.search ~ *',
    differs: () => (document.querySelector('.trouble') ? ['it could not be asked'] : []),
  },
  metrics: {
    hash: '/metrics?m=host+host.memory.used&range=5m',
    there: '.chart canvas',
    differs: () => (document.querySelector('.data').textContent.includes('host.disk.used') ? [] : ['no disk']),
  },
  alerts: {
    hash: '/alerts?show=items',
    there: '.data tbody tr',
    differs() {
      const text = document.querySelector('.data').textContent;
      return ['naru-heap', 'naru-apdex', 'naru-disk'].filter((name) => !text.includes(name));
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
  assess: {
    hash: '/assess',
    there: '.verdict .outcome.good',
    before: (page) =>
      page.evaluate((draft) => localStorage.setItem('naru.assess.draft', draft), JSON.stringify(SYSTEM)),
    differs: () => (document.querySelectorAll('.question').length === 12 ? [] : ['a question is missing']),
  },
  portfolio: {
    hash: '/portfolio',
    there: '.data tbody tr',
    before: (page) => page.evaluate((table) => localStorage.setItem('naru.portfolio', table), TABLE),
    differs: () => (document.querySelectorAll('.data tbody tr').length === 21 ? [] : ['a system is missing']),
  },
  reports: {
    hash: '/reports',
    there: '.data tbody tr',
    differs: () => (document.querySelectorAll('.data tbody tr').length >= 3 ? [] : ['no day, week and month']),
  },
};

async function eachPage({ open, platform, screenshots }, options) {
  const opened = await open(options);
  const { page } = opened;
  for (const [name, { hash, there, before: made, differs }] of Object.entries(PAGES)) {
    await made?.(page);
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
    for (const [name, { hash, there, before: made }] of Object.entries(PAGES)) {
      await made?.(page);
      await opened.show(hash);
      await page.locator(there).first().waitFor();
      let seen = 0;
      for (let i = 0; i < 60; i += 1) {
        await page.keyboard.press('Tab');
        const { end, shown, what } = await page.evaluate(focusShown);
        // A new page begins in its middle: behind its end comes the header.
        if (end && i > seen) break;
        if (end) continue;
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
