// Assessing systems as an orderer does it: answers, evidence, an access log, the result beside them, and what is taken along.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const EXAMPLES = fileURLToPath(new URL('../../examples/assess/', import.meta.url));
/** The self-check that the home-shopping system answers with yes. */
const YES = [1, 4, 6, 8, 9, 10];

/** `naru assess` with these arguments; what it prints. */
function assess(...args) {
  const { status, stdout, stderr } = spawnSync(process.env.NARU_BIN, ['assess', ...args], { maxBuffer: 64 << 20 });
  assert.equal(status, 0, `naru assess ${args.join(' ')}: ${stderr}`);
  return stdout.toString();
}

const region = (page, name) => page.getByRole('region', { name, exact: true });
const question = (page, i) => page.locator('.question').nth(i);
const answer = (page, i, choice) =>
  question(page, i)
    .getByRole('button', { name: { yes: '예', no: '아니오', unknown: '모름' }[choice], exact: true })
    .click();
const outcome = (page, text) => page.locator('.verdict .outcome', { hasText: text }).waitFor();

async function downloaded(page, press) {
  const [download] = await Promise.all([page.waitForEvent('download'), press()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Two days of a request every five seconds; from ten to eleven on the second day every one fails. */
function logWithOutage() {
  const lines = [];
  for (let at = Date.UTC(2026, 2, 2); at < Date.UTC(2026, 2, 4); at += 5000) {
    const time = new Date(at);
    const fails = time.getUTCDate() === 3 && time.getUTCHours() === 10;
    const [, day, month, year] = /(\d+) (\w+) (\d+)/.exec(time.toUTCString());
    const clock = time.toISOString().slice(11, 19);
    const n = (at / 5000) % 50;
    lines.push(
      `10.0.0.${n} - - [${day}/${month}/${year}:${clock} +0900] "GET /orders/${n} HTTP/1.1" ${fails ? 503 : 200} 512 "-" "Mozilla/5.0"`,
    );
  }
  return lines.join('\n') + '\n';
}

export const assessingScenarios = {
  async 'd1_the home-shopping answers come to adopt, are saved for naru assess, and outlive the tab'({
    open,
    screenshots,
  }) {
    const opened = await open({ language: 'ko' });
    const { page } = opened;
    await opened.show('/assess');
    await outcome(page, '아직 정할 수 없음');
    await page.screenshot({ path: join(screenshots, 'assess-begin.png'), fullPage: true });
    await page.getByLabel('시스템 이름').fill('공영 홈쇼핑 주문 시스템');
    await page.getByLabel('파일에 쓸 짧은 이름').fill('home-shopping');
    for (const i of [0, 1]) await answer(page, i, 'yes');
    for (let n = 1; n <= 10; n += 1) await answer(page, n + 1, YES.includes(n) ? 'yes' : 'no');
    await question(page, 2).getByLabel('근거').fill('최근 3년 유지관리 계약서');
    await outcome(page, '클라우드 네이티브 적용');
    await page.getByText('예 6 · 아니오 4 · 모름 0').waitFor();
    await page.screenshot({ path: join(screenshots, 'assess-adopt.png') });
    // One yes less keeps what there is: the boundary is shown as it is crossed.
    await answer(page, 11, 'no');
    await outcome(page, '현행 구조 유지');
    await answer(page, 11, 'yes');
    await outcome(page, '클라우드 네이티브 적용');

    const figures = region(page, '수치');
    const figure = figures.getByLabel('최초 구축비');
    await figure.fill('much');
    await page.locator('.figure-row .wrong').waitFor();
    assert.equal(await page.getByRole('button', { name: '질문지 저장' }).getAttribute('aria-disabled'), 'true');
    await figure.fill('12000000000');
    await figures.getByLabel('연간 기능 추가').fill('2400000000');
    await page.locator('.figure-row', { hasText: '120억' }).waitFor();

    const { name, bytes } = await downloaded(page, () => page.getByRole('button', { name: '질문지 저장' }).click());
    assert.equal(name, 'home-shopping.yaml');
    const folder = mkdtempSync(join(tmpdir(), 'naru-assess-'));
    const file = join(folder, name);
    writeFileSync(file, bytes);
    const verdict = JSON.parse(assess('verdict', file, '--format', 'json'));
    assert.deepEqual([verdict.outcome, verdict.yes, verdict.system], ['adopt', 6, '공영 홈쇼핑 주문 시스템']);
    assert.equal(verdict.answers[0].evidence, '최근 3년 유지관리 계약서');

    const files = region(page, '내려받기');
    const html = await downloaded(page, () => files.getByRole('button', { name: '검토 결과 보고서 HTML' }).click());
    assert.ok(html.bytes.toString().includes('공영 홈쇼핑 주문 시스템'));
    const pdf = await downloaded(page, () => files.getByRole('button', { name: '검토 결과 보고서 PDF' }).click());
    assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-');
    const target = await downloaded(page, () => files.getByRole('button', { name: 'naru.yaml' }).click());
    assert.equal(target.name, 'naru.yaml');
    assert.equal(target.bytes.toString(), assess('target', file));
    const rows = await downloaded(page, () => files.getByRole('button', { name: '요구사항 CSV' }).click());
    assert.equal(rows.bytes.toString(), assess('tender', file, '--format', 'csv'));

    await page.reload();
    await outcome(page, '클라우드 네이티브 적용');
    assert.equal(await page.getByLabel('시스템 이름').inputValue(), '공영 홈쇼핑 주문 시스템');
    await page.getByRole('button', { name: '새로 쓰기' }).click();
    await outcome(page, '아직 정할 수 없음');
    await page.locator('.toast').getByRole('button', { name: '실행 취소' }).first().click();
    await outcome(page, '클라우드 네이티브 적용');
    rmSync(folder, { recursive: true });
    await opened.close();
  },

  async 'd1_a questionnaire’s file is opened, and one that is none is refused by line'({ open, screenshots }) {
    const opened = await open({ language: 'en' });
    const { page, faults } = opened;
    await opened.show('/assess');
    const file = page.locator('.page-head input[type=file]');
    await file.setInputFiles({
      name: 'bad.yaml',
      mimeType: 'application/yaml',
      buffer: Buffer.from('name: a\nrenewal: perhaps\nfigures: { size: 9 }\n'),
    });
    await page.getByRole('alert').filter({ hasText: 'line 2: renewal' }).waitFor();
    await page.screenshot({ path: join(screenshots, 'assess-bad-file.png') });
    // The browser notes itself that it was refused: that is what was asked for.
    assert.ok(
      faults.every((fault) => /422/.test(fault)),
      faults.join(),
    );
    faults.length = 0;
    await file.setInputFiles(join(EXAMPLES, 'insurance.yaml'));
    await outcome(page, 'adopt cloud native');
    const told = JSON.parse(assess('verdict', join(EXAMPLES, 'insurance.yaml'), '--format', 'json'));
    await page.getByText(`${told.yes} yes · ${told.no} no · ${told.unknown} unknown`).waitFor();
    await opened.close();
  },

  async 'd4_an access log fills answers in, and what it contradicts is shown'({ open, screenshots }) {
    const opened = await open({ language: 'ko' });
    const { page } = opened;
    await opened.show('/assess');
    const folder = mkdtempSync(join(tmpdir(), 'naru-assess-'));
    const log = join(folder, 'access.log');
    writeFileSync(log, logWithOutage());
    const chosen = region(page, '접근 로그').locator('input[type=file]');
    await chosen.setInputFiles(log);
    await page.locator('.log-told', { hasText: '2일분' }).waitFor();
    const stopped = question(page, 3);
    await stopped.getByText('로그로 확인되어 ‘예’로 셈').waitFor();
    await answer(page, 3, 'no');
    await stopped.getByText('적은 답과 어긋남').waitFor();
    await page.locator('.against', { hasText: '2번: 적은 답은 ‘아니오’이나' }).waitFor();
    await page.screenshot({ path: join(screenshots, 'assess-contradiction.png') });
    // What naru assess logs found on another machine says the same.
    await page.getByRole('button', { name: '로그 빼기' }).click();
    await page.locator('.against').waitFor({ state: 'detached' });
    const findings = join(folder, 'findings.json');
    writeFileSync(findings, assess('logs', '--json', log));
    await chosen.setInputFiles(findings);
    await page.locator('.against', { hasText: '2번' }).waitFor();
    rmSync(folder, { recursive: true });
    await opened.close();
  },

  async 'p10_a report on service levels is listed, opened in a frame that runs nothing, and taken along'({
    open,
    platform,
    screenshots,
  }) {
    const opened = await open({ language: 'en' });
    const { page } = opened;
    await opened.show('/reports');
    const { reports } = await platform.api.get('reports');
    await page
      .locator('.data tbody tr')
      .nth(reports.length - 1)
      .waitFor();
    await page.getByRole('button', { name: 'Daily', exact: true }).click();
    const [today] = reports.filter(({ kind }) => kind === 'daily');
    await page.locator('.data tbody th a').first().click();
    await page.waitForFunction((date) => location.hash.startsWith(`#/reports/daily/${date}`), today.date);
    const frame = page.frameLocator('.report-frame');
    await frame.locator('h1').waitFor();
    assert.equal(await page.locator('.report-frame').getAttribute('sandbox'), '');
    await page.screenshot({ path: join(screenshots, 'report-open.png') });
    await page.getByLabel('Subject').selectOption('function:approval');
    await frame.getByText('Document approval').first().waitFor();
    const pdf = await downloaded(page, () => page.getByRole('link', { name: 'Download as PDF' }).click());
    assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('dialog').getByLabel('To').selectOption('owners');
    await page.screenshot({ path: join(screenshots, 'report-send.png') });
    await page.keyboard.press('Escape');
    await opened.close();
  },

  async 'd2_a table of systems is ranked, drawn, narrowed down and taken along'({ open, screenshots }) {
    const opened = await open({ language: 'ko' });
    const { page } = opened;
    await opened.show('/portfolio');
    const template = await downloaded(page, () => page.getByRole('button', { name: '빈 양식 내려받기' }).click());
    assert.match(template.bytes.toString(), /^\uFEFFsystem,name,public_service,cloud_target,renewal,q1,/);
    await page.locator('.page-head input[type=file]').setInputFiles(join(EXAMPLES, 'systems.csv'));
    const rows = page.locator('.data tbody tr');
    await rows.nth(20).waitFor();
    const ranked = JSON.parse(assess('portfolio', join(EXAMPLES, 'systems.csv'), '--format', 'json'));
    const names = () => page.locator('.data tbody th').allTextContents();
    assert.deepEqual(
      await names(),
      ranked.systems.map(({ system }) => system),
    );
    assert.equal(
      await page.locator('.map-mark').count(),
      ranked.systems.filter(({ priority }) => priority.score !== null).length,
    );
    await page.screenshot({ path: join(screenshots, 'portfolio-ranked.png'), fullPage: true });
    // A row is a questionnaire to go on with.
    await page.locator('.data tbody th a', { hasText: '일자리 매칭' }).click();
    await page.waitForFunction(() => location.hash.startsWith('#/assess'));
    await page.waitForFunction(() => document.querySelector('.system input')?.value === '일자리 매칭');
    await outcome(page, '클라우드 네이티브 적용');
    await page.goBack();
    await rows.nth(20).waitFor();
    await page.locator('.map-mark').first().click();
    await page.waitForFunction(() => document.querySelectorAll('.data tbody tr').length === 1);
    await page.locator('.map-mark[aria-pressed=true]').click();
    await page.getByRole('button', { name: '적용', exact: true }).click();
    const adopted = ranked.systems.filter((one) => one.outcome === 'adopt').length;
    await page.waitForFunction((n) => document.querySelectorAll('.data tbody tr').length === n, adopted);
    const csv = await downloaded(page, () => page.getByRole('button', { name: '내려받기 CSV' }).click());
    const folder = mkdtempSync(join(tmpdir(), 'naru-assess-'));
    assess('portfolio', join(EXAMPLES, 'systems.csv'), '--lang', 'ko', '--csv', join(folder, 'ranked.csv'));
    assert.equal(csv.bytes.toString(), readFileSync(join(folder, 'ranked.csv'), 'utf8'));
    rmSync(folder, { recursive: true });
    await opened.close();
  },
};
