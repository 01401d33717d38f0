import type { Transaction } from '../../api/types';
import { clock, day } from '../../lib/time';

/** 14:03:27.482, with the day when it is another one. */
export function ended(one: Transaction): string {
  const milliseconds = one.end / 1000;
  const time = `${clock(milliseconds)}.${String(Math.floor(milliseconds % 1000)).padStart(3, '0')}`;
  return day(milliseconds) === day(Date.now()) ? time : `${day(milliseconds)} ${time}`;
}
