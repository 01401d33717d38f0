// Chromium, and what holds for every page that it shows.
import { chromium } from 'playwright-core';
import assert from 'node:assert/strict';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const WIDTHS = { desktop: { width: 1400, height: 900 }, phone: { width: 390, height: 844 } };

/** Each launch has a fresh profile of its own. `more` are flags beside those of every launch. */
export function startBrowser(more = []) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, headless: true, args: [...FLAGS, ...more] });
}

/** Keeps the last status that the page was sent, where tests can compare it with what the page shows at the same moment. */
function keepStatus() {
  const Before = window.EventSource;
  window.EventSource = class extends Before {
    constructor(url, options) {
      super(url, options);
      if (String(url).includes('v1/status'))
        super.addEventListener('message', (event) => (window.toldStatus = JSON.parse(event.data)));
    }
  };
}

/**
 * Opens a page that is signed in, or not without `token`. What must never happen on any page is noted in `faults`: errors on
 * the console, exceptions, requests to elsewhere. `bytes` has the compressed size of each file of the console.
 */
export async function openPage(browser, origin, { token, language = 'ko', theme = 'light', width = 'desktop' } = {}) {
  const context = await browser.newContext({
    viewport: WIDTHS[width],
    colorScheme: theme,
    locale: language === 'ko' ? 'ko-KR' : 'en-GB',
    timezoneId: 'Asia/Seoul',
    hasTouch: width === 'phone',
    acceptDownloads: true,
  });
  await context.addInitScript(keepStatus);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults = [];
  const bytes = new Map();
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin) faults.push(`asked elsewhere: ${url}`);
  });
  context.on('requestfinished', async (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/v1/')) return;
    const sizes = await request.sizes().catch(() => undefined);
    if (sizes) bytes.set(pathname, sizes.responseBodySize);
  });
  if (token) {
    await page.goto(`${origin}/#token=${encodeURIComponent(token)}`);
    await page.locator('nav').first().waitFor();
  }
  return {
    page,
    context,
    faults,
    bytes,
    /** Shows a view by its address, without loading the page anew. */
    async show(hash) {
      await page.evaluate((to) => (location.hash = to), hash);
      await page.waitForFunction((to) => location.hash.startsWith(to.split('?')[0]), `#${hash.replace(/^#/, '')}`);
    },
    async close() {
      assert.deepEqual(faults, []);
      await context.close();
    },
  };
}

/** Waits until a condition on the platform holds; asks again each time it does not. */
export async function until(what, condition, within = 20_000) {
  const deadline = Date.now() + within;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${within / 1000} s: ${what}`);
    await new Promise((go) => setTimeout(go, 50));
  }
}
