// The kinds of reports, and how the real binary makes each. A new kind of report is a line here.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { levels } from './levels.js';

/** `[{ name, make(format, language, file) }]`; `make` returns what spawnSync does, or a promise of it. */
export function kinds(naru, root, folder) {
  const examples = join(root, 'examples/assess');
  const questionnaires = readdirSync(examples).filter((name) => name.endsWith('.yaml')).map((name) => join(examples, name));
  const made = join(folder, 'from');
  mkdirSync(made);
  const log = join(made, 'access.log');
  writeFileSync(log, accessLog(0, 14));
  // The simulation replays each second: a day is enough to look at its report.
  const day = join(made, 'day.log');
  writeFileSync(day, accessLog(8, 9));
  const deployments = join(made, 'deployments.csv');
  writeFileSync(deployments, '일시,내용\n2024-01-08 03:00,정기 배포 v1.0\n2024-01-10 09:05,신청 화면 개편 v1.1\n');
  const hostile = join(made, 'hostile.yaml');
  writeFileSync(hostile, questionnaire());
  const run = (...args) => spawnSync(naru, args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 << 20 });
  const assess =
    (...args) =>
    (format, language, file) =>
      run('assess', ...args, '--format', format, '--lang', language, '-o', file);
  return [
    { name: 'verdict', make: assess('verdict', join(examples, 'home-shopping.yaml')) },
    { name: 'verdict-long-words', make: assess('verdict', hostile) },
    { name: 'portfolio', make: assess('portfolio', join(examples, 'systems.csv'), ...questionnaires) },
    { name: 'factors', make: assess('factors', join(root, 'crates')) },
    { name: 'tender', make: assess('tender', join(examples, 'insurance.yaml')) },
    { name: 'effect', make: assess('effect', day, '--price', '120') },
    { name: 'logs', make: assess('logs', log, '--deployments', deployments) },
    ...levels(naru, made),
  ];
}

/** Names as long as people give them, in letters and in jamo as macOS writes them, and evidence without a place to break it. */
function questionnaire() {
  const name = '차세대 지방행정공통정보시스템 대국민 통합민원접수·처리 및 내부행정업무 연계 플랫폼(2단계 고도화)';
  const path = '/'.concat('www/very/long/path/without/any/space/'.repeat(12));
  return [
    'name: long-words',
    `system: ${JSON.stringify(name.normalize('NFD'))}`,
    'self_check:',
    `  stops_to_recover: { answer: yes, evidence: ${JSON.stringify(path)} }`,
    `  slow_at_times: { answer: yes, evidence: ${JSON.stringify('긴급장애조치결과보고서'.repeat(20))} }`,
  ]
    .join('\n')
    .concat('\n');
}

/** Days of two weeks of a portal: an office day's rhythm, a surge at nine on a Tuesday, an outage after a deployment, a robot, broken lines. */
function accessLog(from, to) {
  const browser = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36';
  const robot = 'Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)';
  const two = (number) => String(number).padStart(2, '0');
  const lines = [];
  const add = (day, second, user, request, status, agent, micros) => {
    const at = `${two(8 + day)}/Jan/2024:${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)} +0900`;
    const from = `10.0.${Math.floor(user / 250)}.${user % 250}`;
    lines.push(`${from} - - [${at}] "${request} HTTP/1.1" ${status} 512 "-" "${agent}" ${micros}\n`);
  };
  const paths = ['GET /portal/board/view.do?id=', 'GET /portal/apply/form.do?id=', 'GET /portal/reservation/list.do?page=', 'GET /portal/statistics/report.do?year=', 'GET /portal/css/main.css?v='];
  for (let day = from; day < to; day++) {
    const isOff = day % 7 > 4;
    for (let hour = 0; hour < 24; hour++) {
      const isWork = hour >= 9 && hour < 18 && !isOff;
      const count = isWork ? 80 : hour > 6 ? 20 : 6;
      const isSurge = day === 8 && hour === 9;
      const isOut = day === 2 && hour === 9;
      for (let i = 0; i < (isSurge ? count * 12 : count); i++) {
        const second = hour * 3600 + Math.floor((i * 3600) / (isSurge ? count * 12 : count));
        const which = isSurge ? 1 : (i * 7 + hour) % (isWork ? 5 : 3);
        const status = isOut && which === 1 && second % 3600 > 900 ? 503 : 200;
        add(day, second, (i * 31 + day * 17) % 400, `${paths[which]}${i % 9}`, status, browser, 20_000 + which * 90_000 + (i % 13) * 4000);
      }
      add(day, hour * 3600 + 5, 900, 'GET /portal/notice/list.do', 200, robot, 15_000);
    }
  }
  return lines.join('').concat('10.0.0.1 - - [21/Jan/2024:23:59:59 +0900] "GET /portal/bo\n\x16\x03\n');
}
