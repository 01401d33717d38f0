/** Numbers as people read them: as many digits as tell something, in the language that is shown. */
import { language } from './i18n';

/** What was not measured. */
export const NONE = '–';

const cache = new Map<string, Intl.NumberFormat>();

export function number(value: number | null | undefined, digits = 0, fixed = true): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const key = `${language()}/${digits}/${fixed}`;
  let format = cache.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language(), {
      maximumFractionDigits: digits,
      minimumFractionDigits: fixed ? digits : 0,
    });
    cache.set(key, format);
  }
  return format.format(value);
}

/** Requests per second and the like: 0.4, 12.3, 1,234. */
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return number(value, value > 0 && value < 99.95 ? 1 : 0);
}

/** A response time: 48 ms, 1.24 s. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (value === 0) return '0 ms';
  if (value < 0.01) return `${number(value * 1000, 1)} ms`;
  if (value < 0.9995) return `${number(value * 1000)} ms`;
  if (value < 9.995) return `${number(value, 2)} s`;
  if (value < 120) return `${number(value, 1)} s`;
  return `${number(value / 60, 1)} min`;
}

/** A share of 0 to 1: 0 %, 0.12 %, 8.3 %, 42 %. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const hundred = value * 100;
  const digits = hundred === 0 || hundred >= 9.95 ? 0 : hundred < 0.995 ? 2 : 1;
  return `${number(hundred, digits)}%`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  let unit = 0;
  let amount = value;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${number(amount, unit > 0 && amount < 9.95 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Cores: 0.004, 0.42, 3.1. */
export function cores(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return number(value, value > 0 && value < 0.0995 ? 3 : value < 9.995 ? 2 : 1);
}
