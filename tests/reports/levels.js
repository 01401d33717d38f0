// Days as a server keeps them (STATE/reports, see docs/guides/reports.md), so that weeks and months with a history can be told: two
// months of a town hall's portal with outages, deployments and scalings, a week of one function in whose middle the platform was
// started, a day of 25 hours, and a month without a request.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HOUR = 3600;
const DAY = 24 * HOUR;
const SEOUL = { name: 'Asia/Seoul', offset: 9 * HOUR };

/** `[{ name, make }]` as kinds.js has them. */
export function levels(naru, made) {
  const state = (name, days) => {
    const folder = join(made, name, 'reports');
    mkdirSync(folder, { recursive: true });
    for (const day of days) {
      const file = join(folder, `${day.date}.json`);
      writeFileSync(file, JSON.stringify(day));
      const packed = spawnSync('zstd', ['-q', '--rm', file], { encoding: 'utf8' });
      if (packed.status !== 0) throw new Error(`${file} can't be packed (scripts/setup zstd installs it): ${packed.error ?? packed.stderr}`);
    }
    return join(made, name);
  };
  const town = state('town', daysOf('2025-02-01', 59).map((date) => busy(date)));
  const autumn = state('autumn', [berlin('2025-10-25', 24), berlin('2025-10-26', 25)]);
  const quiet = state('quiet', daysOf('2025-04-01', 61).map((date) => (date < '2025-05-01' ? busy(date) : idle(date))));
  const begun = state('begun', daysOf('2025-06-17', 14).map((date) => busy(date, date === '2025-06-17' ? 14 : 0)));
  const report =
    (from, kind, date, ...more) =>
    (format, language, file) =>
      spawnSync(naru, ['report', kind, '--date', date, '--state', from, '--format', format, '--lang', language, '-o', file, ...more], {
        encoding: 'utf8',
        timeout: 60_000,
      });
  return [
    { name: 'level-weekly', make: report(begun, 'weekly', '2025-06-17', '--function', 'apply') },
    { name: 'level-monthly', make: report(town, 'monthly', '2025-03-01') },
    { name: 'level-25-hours', make: report(autumn, 'daily', '2025-10-26') },
    { name: 'level-without-traffic', make: report(quiet, 'monthly', '2025-05-01') },
  ];
}

function daysOf(first, count) {
  const from = Date.parse(`${first}T00:00:00Z`);
  return Array.from({ length: count }, (_, at) => new Date(from + at * DAY * 1000).toISOString().slice(0, 10));
}

const text = (ko, en) => ({ ko, en });

/** A working day's rhythm; a surge on the tenth, outages on the third, the twelfth and, over midnight, the nineteenth. */
function busy(date, firstHour = 0) {
  const from = Date.parse(`${date}T00:00:00Z`) / 1000 - SEOUL.offset;
  const number = Number(date.slice(8));
  const isOff = number % 7 > 4;
  const requests = (hour) => Math.round((hour >= 9 && hour < 18 && !isOff ? 5200 : 900) * (number === 10 && hour === 9 ? 11 : 1));
  const failed = (hour) => {
    if (number === 3 && hour === 14) return 812;
    if (number === 12 && hour === 9) return 96;
    return number === 19 && hour === 23 ? 240 : number === 20 && hour === 0 ? 310 : 0;
  };
  const outages = [
    ...(number === 3 ? [{ from: from + 14 * HOUR + 600, to: from + 14 * HOUR + 1500, requests: 1320, failed: 812 }] : []),
    ...(number === 12 ? [{ from: from + 9 * HOUR, to: from + 9 * HOUR + 120, requests: 170, failed: 96 }] : []),
    ...(number === 19 ? [{ from: from + DAY - 600, to: from + DAY, requests: 400, failed: 240 }] : []),
    ...(number === 20 ? [{ from, to: from + 900, requests: 520, failed: 310 }] : []),
  ];
  const goal = (availability, p95) => ({ availability, apdex: null, p95: p95 && { secs: p95, nanos: 0 } });
  const one = (subject, title, share, own) => seen({ subject, title, from, hours: 24, firstHour, requests: (h) => Math.round(requests(h) * share), failed, outages, ...own });
  const services = date >= '2025-03-09' ? ['service:apply', 'service:approval', 'service:search'] : ['service:apply', 'service:approval'];
  const at = (hour, minute) => (from + hour * HOUR + minute * 60) * 1_000_000;
  const alarms = outages.length > 0 ? [alarm(number, from, outages[0])] : [];
  const scaled = [
    { at: at(8, 58), service: 'apply', from: 2, to: 4, by: 'schedule' },
    { at: at(9, 6), service: 'apply', from: 4, to: number === 10 ? 9 : 5, by: 'concurrency' },
    { at: at(18, 20), service: 'apply', from: number === 10 ? 9 : 5, to: 2, by: 'concurrency' },
  ];
  return {
    ...day(date, SEOUL.name, from, 24),
    seen: [
      one('all', text('전체', 'Everything'), 1.6, { goal: goal(99900, 1) }),
      one('function:apply', text('민원 신청·접수', 'Applications'), 1, { services: ['apply'], goal: goal(99950, 1) }),
      one('function:approval', text('전자결재', 'Approval'), 0.6, { services: ['approval'], goal: goal(99900, 2), failed: () => 0, outages: [] }),
      ...services.map((name, at) => one(name, text(name.slice(8), name.slice(8)), [1, 0.6, 0.1][at], { instances: at === 0 ? (h) => (h >= 9 && h < 18 ? 5 : 2) : () => 2, ...(at > 0 && { failed: () => 0, outages: [] }) })),
    ],
    alarms,
    changes: changes(number, at),
    scaled: isOff ? [] : scaled,
  };
}

function changes(number, at) {
  const of = (hour, kind, service, what, by) => ({ at: at(hour, 5), kind, service, what, by });
  return [
    ...(number % 7 === 3 ? [of(3, 'deployment', 'apply', text('개정 12 배포', 'rolling out revision 12'), 'admin')] : []),
    ...(number === 3 ? [of(14, 'failed', 'apply', text('새 개정의 이상으로 이전 개정으로 자동 되돌림', 'revision 12 failed and 11 is back'), 'naru')] : []),
    ...(number === 9 ? [of(10, 'file', null, text('설정 파일 적용: 서비스 search 추가', 'the file was applied: services.search: added'), 'file')] : []),
    ...(number === 24 ? [of(2, 'upgrade', null, text('naru 교체', 'naru was replaced'), 'admin')] : []),
  ];
}

function alarm(number, from, outage) {
  const cause = number === 3 ? text('개정 12 배포 직후 apply의 오류 비율 증가', 'errors of apply rose right after revision 12 was rolled out') : null;
  return { id: number, owner: 'service:apply', figure: 'error_ratio', critical: true, since: outage.from + 40, resolved: outage.to + 60, value: 0.61, threshold: 0.05, cause };
}

/** Nothing was asked, but somebody looked. */
function idle(date) {
  const from = Date.parse(`${date}T00:00:00Z`) / 1000 - SEOUL.offset;
  const one = (subject, title, own) => seen({ subject, title, from, hours: 24, requests: () => 0, failed: () => 0, outages: [], ...own });
  return {
    ...day(date, SEOUL.name, from, 24),
    seen: [
      one('all', text('전체', 'Everything'), { goal: { availability: 99900, apdex: null, p95: null } }),
      one('service:apply', text('apply', 'apply'), { instances: () => 2 }),
    ],
  };
}

/** Clocks go back at three in the morning of the 25th. */
function berlin(date, hours) {
  const from = Date.parse(`${date}T00:00:00Z`) / 1000 - 2 * HOUR;
  const rhythm = (hour) => 400 + 100 * (hour % 12);
  const outages = hours === 25 ? [{ from: from + 20 * HOUR, to: from + 20 * HOUR + 600, requests: 300, failed: 90 }] : [];
  const failed = (hour) => (hours === 25 && hour === 20 ? 90 : 0);
  const one = (subject, title) => seen({ subject, title, from, hours, requests: rhythm, failed, outages, instances: () => 2 });
  return { ...day(date, 'Europe/Berlin', from, hours), seen: [one('all', text('전체', 'Everything')), one('service:apply', text('apply', 'apply'))] };
}

const day = (date, zone, from, hours) => ({
  version: 1,
  platform: '통합민원',
  date,
  zone,
  from,
  to: from + hours * HOUR,
  until: from + hours * HOUR,
  made: (from + hours * HOUR + 60) * 1_000_000,
  alarms: [],
  changes: [],
  scaled: [],
  more: 0,
});

/** What was seen of one thing over a day. */
function seen({ subject, title, from, hours, firstHour = 0, requests, failed, outages, services = [], instances, goal }) {
  const all = Array.from({ length: hours }, (_, hour) => (hour < firstHour ? 0 : requests(hour)));
  const sum = all.reduce((a, b) => a + b, 0);
  const lost = all.reduce((total, count, hour) => total + (count > 0 ? failed(hour) : 0), 0);
  const micros = (hour) => 60_000 + 9_000 * (hour % 6);
  return {
    subject,
    title,
    services,
    goal: goal ?? { availability: null, apdex: null, p95: null },
    requests: sum,
    client_errors: Math.round(sum / 300),
    service_errors: lost,
    platform_errors: 0,
    latency_us: all.reduce((total, count, hour) => total + count * micros(hour), 0),
    apdex: { satisfied: sum - lost, tolerating: 0, frustrated: lost },
    received_bytes: sum * 400,
    sent_bytes: sum * 22_000,
    users: null,
    first: from + firstHour * HOUR,
    observed: (hours - firstHour) * HOUR,
    stretch: 60,
    down_minutes: outages.reduce((total, one) => total + (one.to - one.from) / 60, 0),
    outages,
    hours: all.map((count, hour) => ({
      at: from + hour * HOUR,
      requests: count,
      failed: count > 0 ? failed(hour) : 0,
      latency_us: count * micros(hour),
      latencies: count > 0 ? [{ micros: micros(hour), requests: count - Math.floor(count / 20) }, { micros: micros(hour) * 4, requests: Math.floor(count / 20) }] : [],
      instances: instances ? instances(hour) : null,
    })),
    instances_least: instances ? 2 : null,
    instances_most: instances ? Math.max(...all.map((_, hour) => instances(hour))) : null,
    instance_seconds: instances ? all.reduce((total, _, hour) => total + instances(hour) * HOUR, 0) : null,
    core_seconds: instances ? sum * 0.03 : null,
    places: instances ? [0.21 * DAY, DAY, 0.83] : null,
  };
}
