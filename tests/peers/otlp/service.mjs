// A service with OpenTelemetry's SDK for Node.js, set up by its environment alone; its HTTP instrumentation makes the spans.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');

new NodeSDK({ instrumentations: [new HttpInstrumentation()] }).start();

// After the start: the instrumentation changes the module as it is loaded.
const http = require('node:http');
http
  .createServer((request, response) => response.end(`${request.url}\n`))
  .listen(Number(process.env.PORT), process.env.HOST);
