// Runs the scenarios one after the other against one naru, and says of each whether it holds.
import { readdirSync } from 'node:fs';
import { TOKEN, startPlatform } from './platform.js';
import { openPage, startBrowser } from './browser.js';
import { accessScenarios } from './pages.js';
import { managementScenarios } from './management.js';
import { changeScenarios } from './changes.js';
import { speedScenarios } from './speed.js';
import { timelineScenarios, tmapScenarios } from './views.js';
import { assessingScenarios } from './assessing.js';
import { closingScenarios } from './closing.js';
import { monitoringScenarios } from './monitoring.js';
import { runUnitTests } from './unit.js';

/** Resolves to whether all of them held. `only`: a word that the names of those to run contain. */
export async function runAll({ screenshots, only }) {
  const naru = process.env.NARU_BIN;
  if (!naru) throw new Error('say where naru is: NARU_BIN=target/debug/naru console/tests/run');
  const failed = [];
  const holds = async (name, run) => {
    if (!name.includes(only)) return;
    const began = performance.now();
    try {
      await run();
      console.log(`ok    ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed.push(name);
      console.log(`FAIL  ${name}\n      ${String(error?.stack ?? error).replaceAll('\n', '\n      ')}`);
    }
  };

  await holds('parts without a browser', async () => {
    if (!(await runUnitTests())) throw new Error('see above');
  });
  const platform = await startPlatform(naru);
  const browser = await startBrowser();
  try {
    const open = (options) => openPage(browser, platform.origin, { token: TOKEN, ...options });
    const context = { browser, platform, screenshots, open };
    const all = [
      managementScenarios,
      accessScenarios,
      tmapScenarios,
      timelineScenarios,
      changeScenarios,
      speedScenarios,
      monitoringScenarios,
      assessingScenarios,
      closingScenarios,
    ];
    for (const scenarios of all)
      for (const [name, run] of Object.entries(scenarios)) await holds(name, () => run(context));
  } finally {
    await browser.close();
    await platform.stop();
  }
  console.log(`\n${readdirSync(screenshots).length} screenshots in ${screenshots}`);
  console.log(failed.length === 0 ? 'the console holds' : `${failed.length} failed: ${failed.join('; ')}`);
  return failed.length === 0;
}
