// The console's files as naru serves them, over figures that no test machine could bring about: as many instances at work, and as
// many transactions on a T-Map, as there may be; traces, metrics and alerts of a bad afternoon (made.js).
import { createServer } from 'node:http';
import { answer, transactions } from './made.js';

const DOTS = 20_000;
const now = () => Date.now() / 1000;

/** `origin`: the naru that has the files; `instances`: of the service `portal`. */
export async function startStage(origin, { instances = 50 } = {}) {
  const timers = new Set();
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://stage');
    const json = (value) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
    if (pathname === '/v1/session') return json({ name: 'stage', role: 'admin' });
    if (pathname === '/v1/map') return json(mapOf(searchParams));
    if (pathname === '/v1/transactions') return json(transactions());
    if (pathname === '/v1/series') return json(seriesOf(searchParams));
    if (pathname === '/v1/status' && !searchParams.has('follow')) return json(statusAt(now(), instances));
    if (pathname === '/v1/events' && !searchParams.has('follow')) return json([]);
    const made = pathname.startsWith('/v1/') && (await answer(request, pathname, searchParams));
    if (made) return json(made);
    if (pathname.startsWith('/v1/')) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      if (pathname !== '/v1/status') return undefined;
      const send = () => response.write(`data: ${JSON.stringify(statusAt(now(), instances))}\n\n`);
      send();
      const timer = setInterval(send, 1000);
      timers.add(timer);
      return request.on('close', () => clearInterval(timer));
    }
    const file = await fetch(`${origin}${pathname}`);
    for (const name of ['content-type', 'content-security-policy']) {
      const value = file.headers.get(name);
      if (value) response.setHeader(name, value);
    }
    return response.writeHead(file.status).end(Buffer.from(await file.arrayBuffer()));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Between 0 and 1, the same for the same number. */
function chance(n) {
  const x = Math.sin(n * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

function trafficOf(rate) {
  return {
    requests_per_second: rate,
    error_ratio: 0.004,
    client_errors_per_second: 0.2,
    service_errors_per_second: rate * 0.004,
    platform_errors_per_second: 0,
    mean_seconds: 0.12,
    p50_seconds: 0.09,
    p95_seconds: 0.31,
    p99_seconds: 0.62,
    apdex: { satisfied: Math.round(rate * 9), tolerating: Math.round(rate * 0.9), frustrated: Math.round(rate * 0.1) },
    active_users: Math.round(rate * 8),
    in_flight: Math.round(rate * 0.12),
    waiting: 12,
  };
}

function statusAt(time, count) {
  const at = Math.floor(time * 1e6);
  const instance = (i) => ({
    id: `portal-1-${i + 1}`,
    pid: 1000 + i,
    address: `127.0.0.1:${40_000 + i}`,
    revision: 1,
    state: i === 7 ? 'starting' : i === 8 ? 'draining' : 'ready',
    cpu_cores: 0.2 + 0.6 * chance(i + Math.floor(time)),
    memory_bytes: 3e8,
    disk_read_bytes: 0,
    disk_written_bytes: 0,
    restarts: 0,
    in_flight: Math.floor(12 * chance(i * 7 + Math.floor(time))),
    requests_per_second: 40 + 20 * chance(i + 3),
    mean_seconds: 0.08 + 0.9 * chance(i * 3) ** 4,
    error_ratio: i % 10 === 3 ? 0.03 : 0,
    since: at - 3.6e9,
  });
  const service = (name, instances) => ({
    name,
    desired: instances.length,
    ready: instances.length - 2,
    revision: 1,
    stable: 1,
    instances,
    traffic: trafficOf(2400),
    scaling: {
      min: 2,
      max: count,
      priority: 0,
      automatic: true,
      held: null,
      policies: ['cpu 60%'],
      decision: null,
      capacity: null,
      no_room: false,
    },
  });
  const all = Array.from({ length: count }, (_, i) => instance(i));
  return {
    at,
    platform: 'stage',
    gateway: { pid: 1, listen: ['127.0.0.1:8080'], connections: 900, version: 1 },
    server: { pid: 2, version: '0.0.0', since: at - 7.2e9 },
    confinement: 'cgroup-v2',
    host: {
      cores: 64,
      cpu_cores: 31,
      memory_bytes: 2.5e11,
      memory_used_bytes: 9e10,
      received_bytes: 1e6,
      sent_bytes: 9e6,
      disk_read_bytes: 0,
      disk_written_bytes: 1e5,
      disk_bytes: 1e12,
      disk_free_bytes: 6e11,
    },
    pool: { cpu_cores: 60, cpu_cores_reserved: 50, memory_bytes: 2e11, memory_bytes_reserved: 1e11 },
    traffic: trafficOf(2400),
    services: [service('portal', all)],
    links: [],
    functions: [
      {
        name: 'approval',
        title: { ko: '전자결재', en: 'Document approval' },
        owner: 'groupware@example.go.kr',
        apdex_t_seconds: 0.3,
        services: ['portal'],
        traffic: { ...trafficOf(40), error_ratio: 0.06, apdex: { satisfied: 300, tolerating: 60, frustrated: 40 } },
      },
      {
        name: 'portal-home',
        title: { ko: '대표 누리집', en: 'Public portal' },
        owner: null,
        apdex_t_seconds: 0.3,
        services: ['portal'],
        traffic: trafficOf(2400),
      },
    ],
  };
}

function seriesOf(query) {
  const [from, to] = [Number(query.get('from')), Math.min(Number(query.get('to')), Math.floor(now()))];
  const step = Math.max(1, Math.ceil((to - from) / Number(query.get('points') ?? 300)));
  return Array.from({ length: Math.max(0, Math.floor((to - from) / step)) }, (_, i) => {
    const { apdex, mean_seconds, p50_seconds, p95_seconds, p99_seconds, active_users, in_flight, waiting } = trafficOf(
      2000 + 800 * chance(i),
    );
    const figures = { apdex, mean_seconds, p50_seconds, p95_seconds, p99_seconds, active_users, in_flight, waiting };
    const traffic = {
      requests: 2400 * step,
      client_errors: 1,
      service_errors: 9,
      platform_errors: 0,
      received_bytes: 1e5,
      sent_bytes: 9e5,
    };
    return {
      at: from + i * step,
      seconds: step,
      ...traffic,
      ...figures,
      instances: 50,
      cpu_cores: 0.4 + 0.3 * chance(i),
      memory_bytes: 3e8,
      disk_read_bytes: 0,
      disk_written_bytes: 0,
    };
  });
}

/** `service:groupware` has more than fit as dots: a cell wherever there can be one. */
function mapOf(query) {
  const [from, to, columns, rows] = ['from', 'to', 'columns', 'rows'].map((name) => Number(query.get(name)));
  const top = Number(query.get('top') ?? 3);
  const common = { from, to, top_seconds: top, transactions: DOTS, errors: 200, dots: null, cells: null };
  const until = Math.min(to, now());
  if (query.get('subject') === 'service:groupware') {
    const filled = Math.ceil((columns * (until - from)) / (to - from));
    const used = Array.from({ length: Math.max(0, filled * rows) }, (_, i) => {
      const [column, row] = [i % filled, Math.floor(i / filled)];
      return [column, row, 1 + Math.floor(400 * Math.exp(-row / 12) * chance(i)), chance(i + 5) < 0.004 ? 1 : 0];
    });
    return { ...common, cells: { columns, rows, used } };
  }
  // A little fewer than there may be: those of the newest seconds come on top.
  const each = (DOTS * 0.97) / 300;
  const count = Math.max(0, Math.floor((until - from) * each));
  const dots = Array.from({ length: count }, (_, i) => {
    const n = Math.floor(from * each) + i;
    return [i / each, 0.03 + 2.8 * chance(n) ** 6 + (chance(n + 1) < 0.002 ? 4 : 0), chance(n + 2) < 0.01 ? 1 : 0];
  });
  return { ...common, dots };
}
