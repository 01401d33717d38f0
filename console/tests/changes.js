// What operators do, and what happens by itself: it is done, it can be undone, and it is told.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { until } from './browser.js';
import { focusStays } from './views.js';

async function portal(open) {
  const opened = await open({ language: 'ko' });
  await opened.show('/services/portal');
  await opened.page.locator('.now .figure').first().waitFor();
  return opened;
}

const press = (page, name) => page.locator('.page-head').getByRole('button', { name }).click();
const confirm = (page) => page.getByRole('dialog').locator('.button.primary').click();
const undo = (page) => page.locator('.toast').getByRole('button', { name: '실행 취소' }).first().click();
const settled = (platform) =>
  until('portal to have settled', async () => {
    const { ready, desired, revision, stable } = await platform.api.service('portal');
    return ready === desired && revision === stable;
  });

export const changeScenarios = {
  async 'scaling asks first, is done, and is undone'({ open, platform, screenshots }) {
    await settled(platform);
    const opened = await portal(open);
    const { page } = opened;
    const before = await platform.api.service('portal');
    await press(page, '개수 조정');
    await page.getByRole('dialog').waitFor();
    await page.screenshot({ path: join(screenshots, 'scale-dialog.png') });
    await focusStays(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal((await platform.api.service('portal')).desired, before.desired, 'Escape changed something');

    await press(page, '개수 조정');
    await page.getByRole('dialog').locator('input[type=number]').fill('99');
    await page.getByRole('dialog').getByRole('alert').waitFor();
    assert.ok(await page.getByRole('dialog').locator('.button.primary').isDisabled());
    await page
      .getByRole('dialog')
      .locator('input[type=number]')
      .fill(String(before.desired + 1));
    await confirm(page);
    await until('one more wanted', async () => (await platform.api.service('portal')).desired === before.desired + 1);
    await page.waitForFunction(
      (n) => window.toldStatus.services.find((one) => one.name === 'portal').ready === n,
      before.desired + 1,
    );
    await undo(page);
    await until('as many as before', async () => (await platform.api.service('portal')).desired === before.desired);
    await opened.close();
  },

  async 'deploying and rolling back'({ open, platform, screenshots }) {
    await settled(platform);
    const opened = await portal(open);
    const { page } = opened;
    const { revision } = await platform.api.service('portal');
    await press(page, '배포');
    await page.getByRole('dialog').locator('textarea').fill('RELEASE=2');
    await page.screenshot({ path: join(screenshots, 'deploy-dialog.png') });
    await confirm(page);
    await until('a new revision', async () => (await platform.api.service('portal')).revision === revision + 1);
    const revisions = await platform.api.get('services/portal/revisions');
    assert.equal(revisions.at(-1).spec.env.RELEASE, '2');
    await settled(platform);
    await page.waitForFunction((n) => document.querySelector('.facts').textContent.includes(`r${n}`), revision + 1);

    await press(page, '되돌리기');
    await page.getByRole('dialog').locator('input[type=radio]').first().waitFor();
    await page.screenshot({ path: join(screenshots, 'rollback-dialog.png') });
    await confirm(page);
    await until('the revision before', async () => (await platform.api.service('portal')).revision === revision);
    await settled(platform);
    await opened.close();
  },

  async 'an instance that is killed is told of, and replaced'({ open, platform, screenshots }) {
    await settled(platform);
    const opened = await portal(open);
    const { page } = opened;
    const [{ id, pid }] = (await platform.api.service('portal')).instances;
    process.kill(pid, 'SIGKILL');
    await page.locator('.toast', { hasText: id }).first().waitFor();
    await page.screenshot({ path: join(screenshots, 'instance-killed.png') });
    await page.waitForFunction((gone) => {
      const { ready, desired, instances } = window.toldStatus.services.find((one) => one.name === 'portal');
      return ready === desired && !instances.some((one) => one.id === gone);
    }, id);
    await opened.close();
  },
};
