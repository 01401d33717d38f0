// What must hold for a report in HTML, on a screen, on a phone and on paper.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { pageTexts } from './pdf.js';

const WIDTHS = { screen: 1000, phone: 390 };

/** Checks BASE.html, notes what is wrong in `faults`, leaves PNGs beside it, and returns the words that people see. */
export async function checkHtml(browser, base, language, faults) {
  const context = await browser.newContext({ locale: language === 'ko' ? 'ko-KR' : 'en-GB', javaScriptEnabled: true });
  const url = pathToFileURL(`${base}.html`).href;
  context.on('request', (request) => {
    if (request.url() !== url) faults.push(`asked for ${request.url()}`);
  });
  const page = await context.newPage();
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  let words = [];
  for (const [name, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(url);
    const seen = await page.evaluate(look);
    faults.push(...seen.faults.map((fault) => `${name}: ${fault}`));
    words = seen.words;
    await page.screenshot({ path: `${base}-${name}.png`, fullPage: true });
  }
  checkGlyphs(words, faults);
  await page.emulateMedia({ media: 'print' });
  writeFileSync(`${base}-print.pdf`, await page.pdf({ preferCSSPageSize: true, printBackground: true }));
  pageTexts(`${base}-print.pdf`).forEach((text, i) => {
    if (text.trim() === '') faults.push(`print: page ${i + 1} is empty`);
  });
  await context.close();
  return words;
}

/** Runs in the page. */
function look() {
  const faults = [];
  const shown = (element) => element.textContent.trim().slice(0, 40);
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide on a screen of ${root.clientWidth}`);
  for (const element of document.querySelectorAll('h1,h2,h3,h4,p,li,dt,dd,th,td,figcaption'))
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
      faults.push(`${element.tagName} runs over its edge: ${shown(element)}`);
  for (const svg of document.querySelectorAll('svg')) {
    const sheet = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map((text) => ({ text, box: text.getBoundingClientRect() }));
    texts.forEach(({ text, box }, i) => {
      if (box.left < sheet.left - 1 || box.right > sheet.right + 1 || box.top < sheet.top - 1 || box.bottom > sheet.bottom + 1)
        faults.push(`a picture cuts off: ${shown(text)}`);
      // A line's box is higher than its letters.
      for (const { text: other, box: its } of texts.slice(i + 1))
        if (box.left + 0.5 < its.right && its.left + 0.5 < box.right && box.top + box.height * 0.3 < its.bottom - its.height * 0.1 && its.top + its.height * 0.3 < box.bottom - box.height * 0.1)
          faults.push(`in a picture ${shown(text)} lies on ${shown(other)}`);
    });
  }
  if (document.title === '' || root.lang === '') faults.push('no title or language');
  const words = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) words.push(...walk.currentNode.data.split(/\s+/).filter((word) => word !== ''));
  if (words.length < 50) faults.push(`only ${words.length} words`);
  return { faults, words };
}

/** Some type of this machine must have each character: Chromium takes it from there. */
function checkGlyphs(words, faults) {
  const characters = [...new Set(words.join(''))].filter((c) => c > '~');
  const { stdout } = spawnSync('fc-list', [':', 'charset'], { encoding: 'utf8', maxBuffer: 64 << 20 });
  const ranges = stdout.match(/\b[0-9a-f]{2,6}(-[0-9a-f]{2,6})?\b/g) ?? [];
  const known = ranges.map((range) => range.split('-').map((end) => parseInt(end, 16))).map(([from, to]) => [from, to ?? from]);
  for (const c of characters) {
    const code = c.codePointAt(0);
    if (!known.some(([from, to]) => from <= code && code <= to)) faults.push(`no type has a glyph for ${c} (U+${code.toString(16)})`);
  }
}
