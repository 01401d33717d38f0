/** Moments and stretches of time: how they are written, and which ranges a view may have. */
import { language, t } from './i18n';

export interface Range {
  key: string;
  seconds: number;
}

/** What charts may show, ending now. */
export const RANGES: readonly Range[] = [
  { key: '5m', seconds: 300 },
  { key: '15m', seconds: 900 },
  { key: '1h', seconds: 3600 },
  { key: '6h', seconds: 21_600 },
  { key: '24h', seconds: 86_400 },
  { key: '7d', seconds: 604_800 },
];

export function rangeOf(key: string | null): Range {
  return RANGES.find((range) => range.key === key) ?? RANGES[1]!;
}

const cache = new Map<string, Intl.DateTimeFormat>();

function formatted(kind: string, options: Intl.DateTimeFormatOptions, milliseconds: number): string {
  const key = `${language()}/${kind}`;
  let format = cache.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(language() === 'ko' ? 'ko-KR' : 'en-GB', { hourCycle: 'h23', ...options });
    cache.set(key, format);
  }
  return format.format(milliseconds);
}

/** 14:03:27 */
export function clock(milliseconds: number): string {
  return formatted('clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }, milliseconds);
}

/** 14:03:27.482, with the day when it is another one. */
export function exact(milliseconds: number): string {
  const time = `${clock(milliseconds)}.${String(Math.floor(milliseconds % 1000)).padStart(3, '0')}`;
  return day(milliseconds) === day(Date.now()) ? time : `${day(milliseconds)} ${time}`;
}

/** 14:03 */
export function hourMinute(milliseconds: number): string {
  return formatted('minute', { hour: '2-digit', minute: '2-digit' }, milliseconds);
}

/** 21 Nov, 11월 21일 */
export function day(milliseconds: number): string {
  return formatted('day', { month: 'short', day: 'numeric' }, milliseconds);
}

/** With its year, of what may be years away. */
export function date(milliseconds: number): string {
  return formatted('date', { year: 'numeric', month: 'short', day: 'numeric' }, milliseconds);
}

/** Day and time, to the second. */
export function moment(milliseconds: number): string {
  return formatted(
    'moment',
    { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    milliseconds,
  );
}

/** How long something lasts or has lasted: 12초, 3분 20초, 2시간 5분. */
export function duration(seconds: number): string {
  const words = t().time;
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return words.seconds(whole);
  if (whole < 3600) return join(words.minutes(Math.floor(whole / 60)), whole % 60 ? words.seconds(whole % 60) : '');
  const minutes = Math.floor(whole / 60);
  if (whole < 86_400)
    return join(words.hours(Math.floor(minutes / 60)), minutes % 60 ? words.minutes(minutes % 60) : '');
  const hours = Math.floor(minutes / 60);
  return join(words.days(Math.floor(hours / 24)), hours % 24 ? words.hours(hours % 24) : '');
}

function join(first: string, second: string): string {
  return second ? `${first} ${second}` : first;
}
