// Measures what bench/console/run says: frames in Chromium, and draws of the T-Map.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startBrowser } from './browser.js';
import { atEveryInstance, atFiftyInstances, atFullMap } from './crowd.js';
import { startPlatform } from './platform.js';
import { withBuilt } from './unit.js';

/** Of one frame, in milliseconds: sixty a second. */
const FRAME = 16;
/** Frames follow one another as fast as they are made, so that the time between two is what one takes. */
const AS_FAST_AS_THEY_ARE_MADE = ['--disable-frame-rate-limit', '--disable-gpu-vsync'];
const ROUNDS = 5;

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const root = fileURLToPath(new URL('../..', import.meta.url));

const at = (times, share) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

/** The times between frames over so many milliseconds. */
const frames = (page, milliseconds) =>
  page.evaluate(
    (during) =>
      new Promise((settle) => {
        const times = [];
        let before;
        const began = performance.now();
        const frame = (now) => {
          if (before !== undefined) times.push(now - before);
          before = now;
          if (now - began < during) requestAnimationFrame(frame);
          else settle(times);
        };
        requestAnimationFrame(frame);
      }),
    milliseconds,
  );

const about = {
  date: new Date().toISOString(),
  commit: execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).trim(),
  node: process.version,
  machine: { cpu: cpus()[0].model, cores: cpus().length, kernel: release(), load_before: loadavg()[0] },
};
const platform = await startPlatform(process.env.NARU_BIN);
const browser = await startBrowser(AS_FAST_AS_THEY_ARE_MADE);
about.chromium = browser.version();
const pages = {
  'frames, 1,228 instances': (work) => atEveryInstance({ browser, platform }, work),
  'frames, 50 instances': (work) => atFiftyInstances({ browser, platform }, work),
  'frames, T-Map of 20,000 dots, live': (work) => atFullMap({ browser, platform, kind: 'dots' }, work),
  'frames, T-Map of every cell, live': (work) => atFullMap({ browser, platform, kind: 'cells' }, work),
};
const measured = {};
for (let round = 0; round < ROUNDS; round += 1)
  for (const [name, open] of Object.entries(pages))
    (measured[name] ??= []).push(...(await open((page) => frames(page, 3000))));
await browser.close();
await platform.stop();
await withBuilt([`${root}/bench/console/draw.ts`], async ([built]) => {
  const { drawTimes } = await import(built);
  for (const [name, times] of Object.entries(drawTimes(9 * ROUNDS))) measured[`draw, ${name}`] = times;
});

const results = Object.fromEntries(
  Object.entries(measured).map(([name, times]) => [
    name,
    { count: times.length, median_ms: at(times, 0.5), p95_ms: at(times, 0.95), worst_ms: at(times, 1) },
  ]),
);
console.log('| | count | median ms | p95 ms | worst ms |\n| --- | --- | --- | --- | --- |');
const over = [];
for (const [name, { count, ...times }] of Object.entries(results)) {
  console.log(
    `| ${name} | ${count} | ${Object.values(times)
      .map((time) => time.toFixed(1))
      .join(' | ')} |`,
  );
  if (name.startsWith('frames') && times.median_ms > FRAME) over.push(name);
}
console.log(`\nOver the bound (median frame ${FRAME} ms): ${over.join('; ') || 'nothing'}`);
if (values.out) writeFileSync(values.out, `${JSON.stringify({ about, results }, null, 1)}\n`);
process.exitCode = over.length === 0 ? 0 : 1;
