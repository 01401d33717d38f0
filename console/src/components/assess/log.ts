/** A file that says what the access log shows: findings of `naru assess logs --json`, or the log itself, which the server reads. */
import { analyse, type Findings } from '../../api/assess';
import { language, t } from '../../lib/i18n';

/** The longest log that the server takes, in bytes. */
export const MAX_LOG = 64 * 1024 * 1024;
/** The most that findings may be when they are sent with a questionnaire. */
const MAX_FINDINGS = 3 * 1024 * 1024;
const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** @throws Error that says what to do instead. */
export async function findingsOf(file: File): Promise<Findings> {
  const head = [...new Uint8Array(await file.slice(0, 4).arrayBuffer())];
  const begins = (magic: number[]) => magic.every((byte, i) => head[i] === byte);
  if (begins(ZSTD)) throw new Error(t().assess.logZstd);
  if (file.size > MAX_LOG) throw new Error(t().assess.logTooLarge);
  const log = begins(GZIP) ? await unpacked(file) : file;
  const found = head[0] === 0x7b ? await parsed(file) : undefined;
  return slim(found ?? (await analyse(log, language())));
}

/** Findings are one JSON object; a log of JSON lines is none. */
async function parsed(file: File): Promise<Findings | undefined> {
  try {
    const found = JSON.parse(await file.text()) as Partial<Findings>;
    return found.volume && found.users && found.sources ? (found as Findings) : undefined;
  } catch {
    return undefined;
  }
}

/** The course hour by hour is what is largest, and no assessment looks at it. */
function slim(findings: Findings): Findings {
  const less = { ...findings, hours: [] };
  if (JSON.stringify(less).length > MAX_FINDINGS) throw new Error(t().assess.findingsTooLarge);
  return less;
}

async function unpacked(file: File): Promise<Blob> {
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const pieces: BlobPart[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces);
    size += value.length;
    if (size > MAX_LOG) {
      await reader.cancel();
      throw new Error(t().assess.logTooLarge);
    }
    pieces.push(value as BlobPart);
  }
}
