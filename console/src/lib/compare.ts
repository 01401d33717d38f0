/** Another time to compare with, as the address says it: `vs=1d`, `vs=7d`, or how many seconds before. */

export const BEFORE = { '1h': 3600, '1d': 86_400, '7d': 604_800 } as const;
export type Before = keyof typeof BEFORE;

/** How long before, in seconds. */
export function before(text: string | null): number | undefined {
  if (!text) return undefined;
  if (text in BEFORE) return BEFORE[text as Before];
  const seconds = Number(text);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}

/** The address's word for so long before a view that ends at `end`, from a moment that somebody chose; both in seconds since 1970. */
export function since(end: number, chosen: number): string | undefined {
  const seconds = Math.round(end - chosen);
  return seconds > 0 ? String(seconds) : undefined;
}
