/** What somebody writes into the form of a client, and the client that it stands for. */
import type { ClientSpec, Limit, Priority, Quantity } from '../../api/managed';

export interface Draft {
  title: string;
  owner: string;
  groups: string;
  scopes: string;
  networks: string;
  priority: Priority | '';
  rate: string;
  day: string;
  month: string;
  bandwidth: string;
  concurrency: string;
}

export type Amount = 'rate' | 'day' | 'month' | 'bandwidth' | 'concurrency';
export const AMOUNTS: readonly Amount[] = ['rate', 'day', 'month', 'bandwidth', 'concurrency'];

/** What a client is that nobody has said anything of. */
export const NOTHING: ClientSpec = {
  title: null,
  owner: null,
  groups: [],
  scopes: [],
  jwks: null,
  certificates: [],
  networks: [],
  blocked: false,
  priority: null,
  limits: [],
};

export function draftOf(spec: ClientSpec): Draft {
  const amounts = Object.fromEntries(AMOUNTS.map((amount) => [amount, ''])) as Record<Amount, string>;
  for (const limit of spec.limits) {
    const [amount, value] = amountOf(limit) ?? [];
    if (amount) amounts[amount] = String(value);
  }
  return {
    title: spec.title ?? '',
    owner: spec.owner ?? '',
    groups: spec.groups.join(', '),
    scopes: spec.scopes.join(' '),
    networks: spec.networks.join(', '),
    priority: spec.priority ?? '',
    ...amounts,
  };
}

/** What there was before and has no field here stays as it was: certificates, a key set, limits of other kinds. */
export function specOf(draft: Draft, before: ClientSpec): ClientSpec {
  const limits = AMOUNTS.flatMap((amount) => {
    const value = Number(draft[amount]);
    return draft[amount].trim() === '' || !(value > 0) ? [] : [limitOf(amount, value, before.limits)];
  });
  return {
    title: draft.title.trim() || null,
    owner: draft.owner.trim() || null,
    groups: words(draft.groups),
    scopes: words(draft.scopes),
    jwks: before.jwks,
    certificates: before.certificates,
    networks: words(draft.networks).map(network),
    blocked: before.blocked,
    priority: draft.priority || null,
    limits: [...limits, ...before.limits.filter((limit) => amountOf(limit) === undefined)],
  };
}

/** The first amount that is written and is none. */
export function wrongAmount(draft: Draft): Amount | undefined {
  const whole: readonly Amount[] = ['day', 'month', 'bandwidth', 'concurrency'];
  return AMOUNTS.find((amount) => {
    const value = Number(draft[amount]);
    return (
      draft[amount].trim() !== '' &&
      (!(value > 0 && value < Infinity) || (whole.includes(amount) && !Number.isInteger(value)))
    );
  });
}

/** A lower-case DNS label of at most 40 characters that starts with a letter, as the API has it. */
export function isName(name: string): boolean {
  return name.length <= 40 && /^[a-z](?:-?[a-z0-9])*$/.test(name);
}

/** Which field a limit has: bandwidth in KiB a second, the rate in calls a second. */
function amountOf({ of, per }: Limit): [Amount, number] | undefined {
  if (per.some((one) => one !== 'client')) return undefined;
  if ('calls' in of) return ['rate', of.calls.rate / 1000];
  if ('quota' in of) return [of.quota.period, of.quota.calls];
  if ('bandwidth' in of) return ['bandwidth', of.bandwidth.per_second / 1024];
  if ('concurrency' in of) return ['concurrency', of.concurrency.calls];
  return undefined;
}

/** The same limit with another value; a rate that stays keeps its burst. */
function limitOf(amount: Amount, value: number, before: readonly Limit[]): Limit {
  const same = before.find((limit) => {
    const known = amountOf(limit);
    return known?.[0] === amount && known[1] === value;
  });
  return same ?? { of: quantity(amount, value), per: ['client'] };
}

function quantity(amount: Amount, value: number): Quantity {
  switch (amount) {
    case 'rate':
      return { calls: { rate: Math.round(value * 1000), burst: Math.max(1, Math.ceil(value)) } };
    case 'bandwidth':
      return { bandwidth: { per_second: value * 1024 } };
    case 'concurrency':
      return { concurrency: { calls: value } };
    default:
      return { quota: { calls: value, period: amount } };
  }
}

function words(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/** One address is a network of its own. */
function network(text: string): string {
  return text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
}
