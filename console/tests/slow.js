// A service whose page /approval/7 waits for its database. It tells of that by OTLP/HTTP with JSON, as an SDK would: a span of its
// own below the gateway's, one of the query, and a log line.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const QUERY = 700;
const {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_RESOURCE_ATTRIBUTES: own = '',
  OTEL_SERVICE_NAME: name,
} = process.env;
const text = (key, value) => ({ key, value: { stringValue: value } });
const resource = {
  attributes: [
    text('service.name', name ?? 'approval'),
    ...own
      .split(',')
      .filter(Boolean)
      .map((pair) => text(...pair.split('='))),
  ],
};

const tell = (signal, body) =>
  fetch(`${endpoint}/v1/${signal}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }).catch((error) => console.error(`not told: ${error}`));

function told(traceparent, path, began, queried, ended) {
  const [, traceId = randomBytes(16).toString('hex'), parentSpanId = ''] =
    /^00-(\w{32})-(\w{16})/.exec(traceparent ?? '') ?? [];
  const [server, query] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
  const span = (spanId, parent, kind, name, from, to, attributes) => ({
    traceId,
    spanId,
    parentSpanId: parent,
    kind,
    name,
    startTimeUnixNano: String(from * 1_000_000),
    endTimeUnixNano: String(to * 1_000_000),
    attributes,
  });
  const spans = [
    span(server, parentSpanId, 2, 'GET /approval/{id}', began, ended, [
      text('http.request.method', 'GET'),
      text('http.route', '/approval/{id}'),
      text('url.path', path),
    ]),
    span(query, server, 3, 'SELECT approval_line', began + 1, queried, [
      text('db.system.name', 'postgresql'),
      text('db.namespace', 'groupware'),
      text('db.query.text', 'SELECT * FROM approval_line WHERE approver = ?'),
      text('server.address', 'db'),
    ]),
  ];
  void tell('traces', { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'slow.js' }, spans }] }] });
  const line = {
    timeUnixNano: String(queried * 1_000_000),
    severityNumber: 13,
    severityText: 'WARN',
    body: { stringValue: `slow query: ${queried - began} ms` },
    traceId,
    spanId: query,
  };
  void tell('logs', { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'slow.js' }, logRecords: [line] }] }] });
}

createServer((request, response) => {
  const slow = request.url.startsWith('/approval/7');
  const began = Date.now();
  // How long the service takes to answer is what it is here for.
  setTimeout(
    () => {
      const queried = Date.now();
      response.end('done');
      if (slow) told(request.headers.traceparent, request.url, began, queried, Date.now());
    },
    slow ? QUERY : 5,
  );
  request.resume();
}).listen(Number(process.env.PORT), '127.0.0.1');
