// A service that answers 503 while a file is there: what is wrong with it can be put right.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';

const broken = process.argv[2];
createServer((request, response) => {
  const out = request.url !== '/healthz' && existsSync(broken);
  request.resume().once('end', () => response.writeHead(out ? 503 : 200).end(out ? 'out of order' : 'done'));
}).listen(Number(process.env.PORT), '127.0.0.1');
