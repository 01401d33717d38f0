/** Times and response times as the T-Map writes them, and the looks of its picture. */
import { number, seconds } from '../../lib/format';
import { t } from '../../lib/i18n';
import { colour, theme } from '../../lib/theme';
import { clock, day, hourMinute } from '../../lib/time';
import type { Look } from './painter';
import { colours } from './palette';
import type { Area, Figures } from './store';

/** A stretch of time in words: to the second, or finer when it is short. */
export function stretch({ from, to }: Pick<Area, 'from' | 'to'>): string {
  const fine = to - from < 5;
  const one = (at: number) => (fine ? `${clock(at * 1000)}.${String(Math.floor((at % 1) * 10))}` : clock(at * 1000));
  const days = to - from > 86_400 || day(from * 1000) !== day(Date.now());
  return days ? `${day(from * 1000)} ${one(from)} – ${one(to)}` : `${one(from)} – ${one(to)}`;
}

export function heights({ low, high }: Pick<Area, 'low' | 'high'>): string {
  return high === undefined ? t().tmap.orLonger(seconds(low)) : `${seconds(low)} – ${seconds(high)}`;
}

export function spoken(area: Area, figures: Figures): string {
  const words = t().tmap;
  return `${stretch(area)}, ${heights(area)}: ${words.count(number(figures.transactions))}, ${words.errorCount(number(figures.errors))}`;
}

/** The colours and words of the theme and language that are shown. */
export function look(): Look {
  return {
    colours: colours(theme()),
    text: colour('text-3'),
    grid: colour('grid'),
    line: colour('line-strong'),
    strip: colour('surface-2'),
    target: colour('series-3'),
    surface: colour('surface'),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
    response: axisSeconds,
    time: axisTime,
    targets: (one) => [`T ${axisSeconds(one)}`, `4T ${axisSeconds(one * 4)}`],
  };
}

/** As short as it is exact: 0, 250 ms, 1.5 s. */
export function axisSeconds(value: number): string {
  if (value === 0) return '0';
  return value < 1 ? `${number(value * 1000, 1, false)} ms` : `${number(value, 2, false)} s`;
}

function axisTime(at: number, step: number): string {
  const date = new Date(at * 1000);
  if (step >= 86_400 || (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0))
    return day(at * 1000);
  return step < 60 ? clock(at * 1000) : hourMinute(at * 1000);
}
