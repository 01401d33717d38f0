import { createMemo, type Accessor } from 'solid-js';
import { asking } from '../../api/asking';
import { tally } from '../../api/manage';
import type { By, TallyRow } from '../../api/managed';

/** The calls of the last hour beside a list of who made them or of what was called. */
export function lastHour(by: By): {
  /** Whether they are known by now. */
  counted: Accessor<boolean>;
  /** None: it had no calls. */
  of: (name: string) => TallyRow | undefined;
} {
  const asked = asking((signal) => tally({ subject: 'all', by: [by], seconds: 3600, limit: 1000 }, signal), 15);
  const byName = createMemo(() => new Map((asked.value()?.rows ?? []).map((row) => [row.key[0], row])));
  return { counted: () => asked.value() !== undefined, of: (name) => byName().get(name) };
}
