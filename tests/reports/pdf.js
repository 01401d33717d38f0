// What must hold for a report in PDF, by what poppler reads and draws.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

function poppler(command, ...args) {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 << 20 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.error ?? done.stderr}`);
  return done.stdout;
}

/** The text of each page, in the order in which it was written. */
export function pageTexts(file) {
  // Each page ends with a form feed.
  return poppler('pdftotext', '-raw', file, '-').split('\f').slice(0, -1);
}

/** Checks a PDF against the words that the HTML shows; notes what is wrong in `faults`; leaves PNGs of the pages beside it. */
export function checkPdf(file, words, faults) {
  const pages = pageTexts(file);
  const info = poppler('pdfinfo', file);
  if (!/^Title: +\S/m.test(info) || !/A4/.test(info)) faults.push('PDF: no title, or no A4');
  if (!/\/Lang ?\((ko-KR|en)\)/.test(readFileSync(file, 'latin1'))) faults.push('PDF: no language');
  const fonts = poppler('pdffonts', file).trim().split('\n').slice(2);
  for (const font of fonts) if (!/ yes yes yes /.test(font)) faults.push(`PDF: not embedded, or without what its glyphs say: ${font}`);
  pages.forEach((text, i) => {
    const number = `${i + 1} / ${pages.length}`;
    if (!text.includes(number)) faults.push(`PDF: page ${i + 1} has no number`);
    // The title runs above all pages but the first.
    const lines = text.replace(number, '').split('\n').filter((line) => line.trim() !== '');
    if (lines.length < 2) faults.push(`PDF: page ${i + 1} is empty`);
  });
  // What could not be read already where it came from has a sign in HTML that the type of PDF lacks.
  words = words.map((word) => word.normalize('NFC').replaceAll('\ufffd', '□'));
  const all = pages.map((text) => text.replace(/\s+/g, '')).join('');
  if (all.includes('□') && !words.join('').includes('□')) faults.push('PDF: □ stands for a glyph that is missing');
  const lacking = [...new Set(words)].filter((word) => !all.includes(word));
  if (lacking.length > 0) faults.push(`PDF: ${lacking.length} words of the HTML are not in it: ${lacking.slice(0, 5).join(' ')}`);
  checkPlaces(file, faults);
  poppler('pdftoppm', '-r', '80', '-png', file, file.replace(/\.pdf$/, '-pdf'));
}

/** No word may leave the page's margins or lie on another. */
function checkPlaces(file, faults) {
  const pages = poppler('pdftotext', '-bbox', file, '-').split('<page ').slice(1);
  pages.forEach((page, i) => {
    const boxes = [...page.matchAll(/xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">([^<]*)</g)].map(
      ([, left, top, right, bottom, word]) => ({ left: +left, top: +top, right: +right, bottom: +bottom, word }),
    );
    boxes.forEach((a, at) => {
      if (a.left < 45 || a.right > 595.28 - 45 || a.top < 20 || a.bottom > 841.89 - 15) faults.push(`PDF: page ${i + 1} cuts off ${a.word}`);
      for (const b of boxes.slice(at + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // A word's box has the height of its type, which is more than that of its letters.
        if (wide > 0.5 && high > 0.35 * Math.min(a.bottom - a.top, b.bottom - b.top)) faults.push(`PDF: on page ${i + 1} ${a.word} lies on ${b.word}`);
      }
    });
  });
}
