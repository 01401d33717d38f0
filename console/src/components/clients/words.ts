/** Limits and moments of a client in words. */
import type { Limit, ListedClient, Proof } from '../../api/managed';
import { bytes, number, rate } from '../../lib/format';
import { t } from '../../lib/i18n';
import type { Level } from '../../lib/health';
import { serverNow } from '../../api/clock';

export function limitText({ of, per }: Limit): string {
  const words = t().clients.limit;
  const each = per.length > 1 ? words.per(per.map((one) => words.each[one]).join(' · ')) : '';
  return [amount(of), each].filter(Boolean).join(' ');
}

function amount(of: Limit['of']): string {
  const words = t().clients.limit;
  if ('calls' in of) return words.rate(rateText(of.calls.rate), number(of.calls.burst));
  if ('quota' in of) return words.quota[of.quota.period](number(of.quota.calls));
  if ('bytes' in of) return words.bytes[of.bytes.period](bytes(of.bytes.bytes));
  if ('bandwidth' in of) return words.bandwidth(bytes(of.bandwidth.per_second));
  return words.concurrency(number(of.concurrency.calls));
}

/** From calls per 1,000 seconds. */
function rateText(perThousand: number): string {
  const words = t().clients.limit;
  if (perThousand >= 1000) return words.perSecond(rate(perThousand / 1000).replace(/\.0$/, ''));
  return words.perMinute(number((perThousand * 60) / 1000, 1, false));
}

/** How a client stands, in a word. */
export function standing(one: ListedClient): { level: Level; word: string; tip: string } {
  const words = t().clients;
  if (one.client.blocked) return { level: 'bad', word: words.blocked, tip: words.blockedTip };
  if (one.hidden) return { level: 'warn', word: words.hidden, tip: words.hiddenTip };
  if (!proves(one)) return { level: 'warn', word: words.noProof, tip: words.noProofTip };
  return { level: 'good', word: words.allowed, tip: words.allowedTip };
}

/** Whether there is anything by which it could show that it is it. */
function proves({ client }: ListedClient): boolean {
  const good = (proof: Proof) => proof.until === null || proof.until / 1e6 > serverNow();
  return [...client.keys, ...client.secrets].some(good) || client.jwks !== null || client.certificates.length > 0;
}
