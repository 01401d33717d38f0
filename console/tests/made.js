// Answers of the parts of the API about traces, metrics and alerts, made up in the shapes of crates/model: a portal whose database
// is slow and whose heap fills up.
import { span as bareSpan } from './span.js';

const now = () => Math.floor(Date.now() / 1000);
export const TRACE = 'aa'.repeat(16);
/** A trace of as many spans as one is shown of. */
export const LONG_TRACE = 'bb'.repeat(16);

const said = { acknowledged: new Map(), items: [], silences: [], notices: [] };

/** The answer to a request, or nothing when it is about something else. */
export async function answer(request, pathname, query) {
  const path = pathname.slice('/v1/'.length);
  const of = (of) => (query.get('owner') === null || query.get('owner') === of.owner) && of;
  if (path === 'traces') return traces();
  if (path.startsWith('traces/')) return path.endsWith(LONG_TRACE) ? long() : trace(path.split('/')[1]);
  if (path === 'log-lines') return { lines: trace(TRACE).logs.toReversed(), more: false };
  if (path === 'service-map') return serviceMap();
  if (path === 'metric-names') return names().filter(of);
  if (path === 'metrics/series') return series(query);
  if (path === 'alerts')
    return alerts().filter((one) => of(one) && String(!one.resolved) === (query.get('open') ?? 'true'));
  if (path === 'forecasts') return forecasts();
  if (path === 'explanation') return explanation(query.get('figure'));
  if (path === 'channels') return [{ name: 'ops', way: 'email', to: 'ops@example.go.kr', severity: 'warning' }];
  if (path === 'notices') return [...said.notices, ...notices()];
  if (path === 'alert-items' && request.method === 'GET') return [...items(), ...said.items];
  if (path === 'silences' && request.method === 'GET') return said.silences;
  if (request.method !== 'POST') return undefined;
  const body = JSON.parse((await text(request)) || 'null');
  if (path === 'alert-items') return said.items.push({ ...body, origin: 'registered', problem: null });
  if (path === 'silences')
    return said.silences.push({
      ...body,
      from: now() * 1e6,
      until: (now() + body.seconds) * 1e6,
      id: said.silences.length + 1,
      by: 'stage',
    });
  const acknowledged = /^alerts\/(\d+)\/acknowledge$/.exec(path)?.[1];
  if (acknowledged) {
    said.acknowledged.set(Number(acknowledged), [now() * 1e6, 'stage']);
    return alerts().find((one) => String(one.id) === acknowledged);
  }
  if (path.startsWith('channels/')) {
    const trial = {
      ...notices()[0],
      id: 100 + said.notices.length,
      reason: 'trial',
      subject: '[naru] 시험',
      at: now() * 1e6,
    };
    said.notices.unshift(trial);
    return trial;
  }
  return undefined;
}

async function text(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function span(id, parent, service, name, from, to, more = {}) {
  const begin = Math.floor((now() - 90) / 60) * 60e6;
  return bareSpan(id.padStart(16, '0'), parent && parent.padStart(16, '0'), begin, from, to, {
    service,
    instance: service === 'portal' ? 'portal-1-4' : '',
    name,
    scope: 'io.opentelemetry.tomcat-10.0',
    ...more,
  });
}

const SQL =
  'select * from approval_line l join document d on d.id = l.document_id where l.approver = ? order by l.created_at';

function spans() {
  const database = { kind: 'client', work: 'database', system: 'postgresql', peer: 'db:5432/groupware', detail: SQL };
  const http = { attributes: { 'http.route': '/approval/{id}', 'url.path': '/approval/7', 'user.id': 'kim' } };
  return [
    span('1', '', 'portal', 'GET /approval/{id}', 3, 3180, {
      kind: 'server',
      work: 'http',
      status: 500,
      error: true,
      ...http,
    }),
    span('2', '1', 'portal', 'ApprovalController.show', 12, 3170),
    span('3', '2', 'portal', 'HikariDataSource.getConnection', 14, 640),
    span('4', '2', 'portal', 'SELECT groupware.approval_line', 642, 2930, database),
    span('5', '2', 'portal', 'GET', 2932, 3150, { kind: 'client', work: 'http', peer: 'registry:8443', status: 503 }),
    span('6', '5', 'registry', 'GET /seal/{id}', 2940, 3146, {
      kind: 'server',
      work: 'http',
      status: 503,
      error: true,
      message: 'java.net.SocketTimeoutException: Read timed out',
      events: [
        {
          at: Math.floor((now() - 90) / 60) * 60e6 + 3140_000,
          name: 'exception',
          attributes: {
            'exception.type': 'java.net.SocketTimeoutException',
            'exception.message': 'Read timed out',
            'exception.stacktrace':
              'java.net.SocketTimeoutException: Read timed out\n\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:288)\n\tat kr.go.seal.Client.fetch(Client.java:41)',
          },
        },
      ],
      resource: { 'service.name': 'registry', 'telemetry.sdk.language': 'java' },
    }),
  ];
}

function passage(trace_id) {
  const all = spans();
  return {
    end: all[0].start + 3183_000,
    response_seconds: 3.186,
    waiting_seconds: 0.001,
    upstream_seconds: 3.18,
    route: '/groupware/**',
    function: 'approval',
    service: 'portal',
    instance: 'portal-1-4',
    caller: null,
    client: '10.3.1.7',
    method: 'GET',
    status: 500,
    fault: 'service',
    attempts: 1,
    received_bytes: 512,
    sent_bytes: 2048,
    path: '/groupware/approval/7',
    trace_id,
  };
}

export function transactions() {
  return {
    transactions: [passage(TRACE), { ...passage(''), status: 200, fault: 'none', response_seconds: 0.08 }],
    more: false,
  };
}

function trace(trace_id) {
  const all = spans();
  const line = (after, severity, body, service = 'portal', span_id = '0000000000000002') => ({
    at: all[0].start + after * 1000,
    severity,
    service,
    instance: service === 'portal' ? 'portal-1-4' : '',
    trace_id,
    span_id,
    scope: 'kr.go.approval',
    body,
    attributes: { 'thread.name': 'http-nio-8080-exec-7' },
  });
  return {
    trace_id,
    transactions: [passage(trace_id)],
    spans: all,
    logs: [
      line(13, 9, 'show approval 7 for kim'),
      line(640, 13, 'connection pool nearly empty: active=10 idle=0 waiting=14'),
      line(3148, 17, 'seal of document 7 could not be fetched: 503', 'registry', '0000000000000006'),
    ],
    cut: false,
  };
}

function long() {
  const all = Array.from({ length: 10_000 }, (_, i) => {
    const parent = i === 0 ? '' : String(i < 6 ? 1 : Math.floor(i / 5)).padStart(4, '0');
    const from = i === 0 ? 0 : (i * 397) % 9000;
    return span(
      String(i + 1).padStart(4, '0'),
      parent,
      `service-${i % 9}`,
      `step ${i}`,
      from,
      i === 0 ? 10_000 : from + 3 + (i % 40),
    );
  });
  return { trace_id: LONG_TRACE, transactions: [], spans: all, logs: [], cut: true };
}

function traces() {
  const one = (i) => ({
    trace_id: i === 0 ? TRACE : String(i).padStart(32, '0'),
    start: (now() - 20 - i * 7) * 1e6,
    seconds: i === 0 ? 3.186 : 0.05 + ((i * 37) % 100) / 90,
    service: 'portal',
    name: i % 3 ? 'GET /notice/{id}' : 'GET /approval/{id}',
    spans: 6 + (i % 4),
    errors: i % 5 === 0 ? 2 : 0,
    services: i % 3 ? ['portal'] : ['portal', 'registry'],
  });
  return { traces: Array.from({ length: 30 }, (_, i) => one(i)), more: true };
}

function serviceMap() {
  const node = (id, name, kind) => ({ id, name, kind });
  const edge = (from, to, calls, errors, mean, p95) => ({
    from,
    to,
    calls,
    errors,
    mean_seconds: mean,
    p95_seconds: p95,
  });
  const to = Math.floor(now() / 60) * 60;
  return {
    from: to - 900,
    to,
    nodes: [
      node('clients', 'clients', 'clients'),
      node('service:portal', 'portal', 'service'),
      node('service:groupware', 'groupware', 'service'),
      node('outside:registry', 'registry', 'outside'),
      node('link:weather', 'weather', 'link'),
      node('database:postgresql/groupware', 'postgresql groupware', 'database'),
      node('database:redis/sessions', 'redis sessions', 'database'),
      node('messaging:kafka/audit', 'kafka audit', 'messaging'),
    ],
    edges: [
      edge('clients', 'service:portal', 1_620_000, 9_000, 0.12, 0.31),
      edge('clients', 'service:groupware', 82_000, 5_400, 0.6, 3.1),
      edge('service:portal', 'database:redis/sessions', 1_500_000, 12, 0.001, 0.003),
      edge('service:portal', 'link:weather', 44_000, 900, 0.09, 0.4),
      edge('service:portal', 'service:groupware', 31_000, 310, 0.2, 0.8),
      edge('service:groupware', 'database:postgresql/groupware', 240_000, 40, 0.4, 2.3),
      edge('service:groupware', 'outside:registry', 61_000, 5_100, 0.3, 3.0),
      edge('service:groupware', 'messaging:kafka/audit', 80_000, 0, 0.002, 0.006),
    ],
  };
}

const JVM = {
  'jvm.memory.used': [
    'By',
    [
      { 'jvm.memory.type': 'heap', 'jvm.memory.pool.name': 'G1 Old Gen' },
      { 'jvm.memory.type': 'heap', 'jvm.memory.pool.name': 'G1 Eden Space' },
      { 'jvm.memory.type': 'non_heap', 'jvm.memory.pool.name': 'Metaspace' },
    ],
    6e8,
  ],
  'jvm.memory.used_after_last_gc': ['By', [{ 'jvm.memory.type': 'heap', 'jvm.memory.pool.name': 'G1 Old Gen' }], 5e8],
  'jvm.gc.duration.mean': ['s', [{ 'jvm.gc.name': 'G1 Young Generation' }], 0.04],
  'jvm.gc.duration.rate': ['', [{ 'jvm.gc.name': 'G1 Young Generation' }], 0.6],
  'jvm.thread.count': ['{thread}', [{ 'jvm.thread.state': 'runnable' }, { 'jvm.thread.state': 'blocked' }], 40],
  'jvm.cpu.recent_utilization': ['1', [{}], 0.4],
  'db.client.connection.count': [
    '{connection}',
    [{ 'db.client.connection.state': 'used' }, { 'db.client.connection.state': 'idle' }],
    8,
  ],
  'db.client.operation.duration.mean': ['s', [{ 'db.operation.name': 'SELECT' }], 0.4],
};
const HOST = {
  'host.swap.used': ['By', [{}], 2e8],
  'host.disk.used': ['By', [{ mount: '/' }, { mount: '/data' }], 4e10],
  'host.cpu.time': ['s', [{ state: 'user' }, { state: 'system' }, { state: 'iowait' }, { state: 'steal' }], 0.2],
  'host.network.errors': ['{error}', [{ interface: 'eth0' }], 0.01],
};

function names() {
  const list = (owner, of) =>
    Object.entries(of).map(([name, [unit, labels]]) => ({
      owner,
      name,
      unit,
      series: labels.length,
      last: now() * 1e6,
    }));
  return [...list('instance:portal-1-4', JVM), ...list('instance:portal-1-1', JVM), ...list('host', HOST)];
}

function series(query) {
  const [from, to] = ['from', 'to'].map((name) => Number(query.get(name)));
  const wanted = query.get('name');
  const step = Math.max(10, Math.ceil((to - from) / Number(query.get('points'))));
  return Object.entries({ ...JVM, ...HOST })
    .filter(([name]) => (wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted))
    .flatMap(([name, [unit, labels, level]]) =>
      labels.map((own, n) => ({
        owner: query.get('owner'),
        name,
        unit,
        labels: own,
        rate: name.endsWith('.time') || name.endsWith('errors'),
        points: Array.from({ length: Math.floor((Math.min(to, now()) - from) / step) }, (_, i) => {
          const at = Math.floor(from / step) * step + i * step;
          const value = (level * (1 + 0.3 * Math.sin(at / 170 + n) + (n === 0 ? i / 400 : 0))) / (n + 1);
          return { at, seconds: step, mean: value, min: value * 0.9, max: value * 1.1 };
        }),
      })),
    );
}

function explanation(figure) {
  const share = ['heap', 'memory', 'error_ratio'].includes(figure);
  return {
    means: {
      ko: '힙에서 실제로 쓰고 있는 양의 비율입니다. GC 직후의 값이라 버려질 것은 들어 있지 않습니다.',
      en: 'How much of the heap is in use. It is measured right after a collection, so what will be thrown away is not in it.',
    },
    now: share ? 0.83 : 1.9,
    hour_ago: share ? 0.61 : 0.31,
    day_ago: share ? 0.44 : 0.29,
    week_ago: null,
    causes: [
      {
        text: {
          ko: '인스턴스 portal-1-4만 올랐고 나머지는 그대로입니다',
          en: 'Only the instance portal-1-4 rose; the others did not',
        },
        subject: 'instance:portal-1-4',
        support: 0.82,
        moved_at: now() - 2400,
      },
      {
        text: { ko: '리비전 1이 40분 전에 배포되었습니다', en: 'Revision 1 was deployed 40 minutes ago' },
        subject: 'revision:portal/1',
        support: 0.41,
        moved_at: now() - 2460,
      },
    ],
    what_to_do: [
      { ko: '그 인스턴스의 힙 덤프를 뜨고 다시 시작하십시오', en: 'Take a heap dump of that instance and restart it' },
      { ko: '배포 직후부터라면 되돌리십시오', en: 'If it began with the deployment, roll back' },
    ],
  };
}

const heapAhead = () => ({ at: now() + 720, from: now() + 480, until: now() + 1300, probability: 0.93 });

function alerts() {
  const one = (id, more) => ({
    id,
    item: 'naru-heap-ahead',
    owner: 'instance:portal-1-4',
    when: 'heap will reach 95% within 1h',
    figure: 'heap',
    severity: 'critical',
    since: (now() - 340) * 1e6,
    resolved: null,
    ending: null,
    acknowledged: said.acknowledged.get(id) ?? null,
    escalated: null,
    silenced: false,
    value: 0.83,
    worst: 0.83,
    threshold: 0.95,
    ahead: heapAhead(),
    explanation: explanation('heap'),
    ...more,
  });
  const errors = {
    item: 'naru-function-errors',
    owner: 'function:approval',
    when: 'error_ratio > 5% for 2m',
    figure: 'error_ratio',
  };
  const late = {
    item: 'slow-portal',
    owner: 'service:portal',
    when: 'p95 > 500ms for 2m',
    figure: 'p95',
    severity: 'warning',
  };
  return [
    one(41, {}),
    one(40, {
      ...errors,
      severity: 'warning',
      value: 0.06,
      worst: 0.09,
      threshold: 0.05,
      ahead: null,
      since: (now() - 1500) * 1e6,
      explanation: explanation('error_ratio'),
    }),
    one(12, {
      ...late,
      value: 1.9,
      worst: 2.4,
      threshold: 0.5,
      ahead: null,
      since: (now() - 90_000) * 1e6,
      resolved: (now() - 88_000) * 1e6,
      explanation: explanation('p95'),
    }),
  ];
}

function forecasts() {
  const one = (owner, figure, value, threshold) => ({
    owner,
    figure,
    value,
    threshold,
    item: 'naru-heap-ahead',
    ahead: heapAhead(),
    surprise: 0.1,
  });
  return [
    one('instance:portal-1-4', 'heap', 0.83, 0.95),
    one('host', 'disk', 0.81, 0.95),
    one('service:portal', 'p95', 0.31, 0.5),
  ];
}

function items() {
  const one = (name, of, when, severity) => ({ name, of, when, severity, notify: [], origin: 'naru', problem: null });
  return [
    one('naru-apdex', 'function:*', 'apdex < 0.7 for 5m', 'warning'),
    one('naru-errors', 'service:*', 'error_ratio > 5% for 2m', 'critical'),
    one('naru-heap-ahead', 'instance:*', 'heap will reach 95% within 1h', 'critical'),
    { ...one('slow-portal', 'service:portal', 'p95 > 500ms for 2m', 'warning'), origin: 'file', notify: ['ops'] },
    {
      ...one('gone', 'service:intranet', 'p95 > 500ms for 2m', 'warning'),
      origin: 'registered',
      problem: 'there is no service intranet',
    },
  ];
}

function notices() {
  const one = (id, state, error, attempts) => ({
    id,
    at: (now() - id * 60) * 1e6,
    channel: 'ops',
    reason: id === 3 ? 'resolved' : 'first',
    alerts: [41],
    subject: '[심각] portal-1-4 힙이 약 12분 뒤 95%에 닿습니다',
    text: 'portal-1-4 힙 83%\n약 12분 뒤 95%에 닿습니다\n\n까닭: 인스턴스 portal-1-4만 올랐고 나머지는 그대로입니다',
    state,
    attempts,
    error,
  });
  return [one(2, 'sent', null, 1), one(3, 'sent', null, 1), one(9, 'failed', '127.0.0.1:25: connection refused', 5)];
}
