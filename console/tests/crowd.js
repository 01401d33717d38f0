// Pages with as much on them as there may be, from figures made up by stage.js.
import { openPage } from './browser.js';
import { startStage } from './stage.js';

/** P4 of the requirements. */
export const EVERY_INSTANCE = 1228;

/** Opens a page of the stage, runs `work` with it and closes both. */
async function on({ browser, platform, hash, look, instances = 50 }, work) {
  const stage = await startStage(platform.origin, { instances });
  const opened = await openPage(browser, stage.origin, { token: 'any', ...look });
  try {
    await opened.show(hash);
    return await work(opened.page);
  } finally {
    await opened.close();
    await stage.stop();
  }
}

/** A service of fifty instances. */
export const atFiftyInstances = ({ browser, platform }, work) =>
  on({ browser, platform, hash: '/services/portal', look: { language: 'ko' } }, async (page) => {
    await page.locator('.now .figure').first().waitFor();
    await page.waitForFunction(() => document.body.textContent.includes('portal-1-50'));
    return work(page);
  });

/** As many instances as a large platform has, on one screen. */
export const atEveryInstance = ({ browser, platform }, work) =>
  on(
    { browser, platform, hash: '/instances?lang=ko', look: { language: 'ko' }, instances: EVERY_INSTANCE },
    async (page) => {
      await page.locator('.crowd-head').first().waitFor();
      return work(page);
    },
  );

/** A live T-Map: of nearly 20,000 dots, or with every cell filled. */
export const atFullMap = ({ browser, platform, kind }, work) => {
  const [service, theme] = kind === 'dots' ? ['portal', 'light'] : ['groupware', 'dark'];
  const hash = `/tmap?range=5m&top=3&subject=service:${service}`;
  return on({ browser, platform, hash, look: { language: 'en', theme } }, async (page) => {
    await page.locator('#tm-summary:not(:empty)').waitFor();
    return work(page);
  });
};
