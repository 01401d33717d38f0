// Compresses what vite built, and writes down what there is for crates/console/build.rs to embed: one line per file, with
// path, media type, ETag and whether its name changes with its content, separated by tabs.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const MEDIA_TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** What the whole console may weigh, compressed (issue 3). */
const BUDGET = 300 * 1024;

const files = readdirSync('dist', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.gz') && entry.name !== 'manifest.tsv')
  .map((entry) => join(entry.parentPath, entry.name).slice('dist/'.length))
  .sort();

let total = 0;
const lines = files.map((path) => {
  const mediaType = MEDIA_TYPES[extname(path)];
  if (!mediaType) throw new Error(`dist/${path}: add the media type of ${extname(path)} files to pack.js`);
  const content = readFileSync(join('dist', path));
  const gzip = gzipSync(content, { level: 9 });
  writeFileSync(join('dist', `${path}.gz`), gzip);
  total += gzip.length;
  const etag = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return [path, mediaType, etag, path.startsWith('assets/')].join('\t');
});
writeFileSync('dist/manifest.tsv', `${lines.join('\n')}\n`);
console.log(`${files.length} files, ${(total / 1024).toFixed(1)} KiB compressed`);
if (total > BUDGET) throw new Error(`the console weighs ${total} bytes compressed, more than the ${BUDGET} it may`);
