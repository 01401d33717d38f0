/**
 * The T-Map's colours. One hue from faint to strong tells how many; failures are of another hue and another shape, so that they
 * stand out with every kind of colour vision.
 */
import type { Theme } from '../../lib/theme';
import type { Colours, Rgb } from './raster';

const STEPS = 24;

export function colours(theme: Theme): Colours {
  return theme === 'dark'
    ? { good: [86, 180, 233], failed: [255, 107, 94], ramp: ramp([28, 68, 94], [58, 152, 208], [218, 242, 255]) }
    : { good: [21, 119, 173], failed: [205, 40, 24], ramp: ramp([201, 226, 240], [38, 132, 187], [7, 41, 68]) };
}

function ramp(...stops: Rgb[]): Rgb[] {
  const parts = stops.length - 1;
  return Array.from({ length: STEPS }, (_, index) => {
    const place = (index / (STEPS - 1)) * parts;
    const left = Math.min(parts - 1, Math.floor(place));
    const [from, to] = [stops[left]!, stops[left + 1]!];
    const mix = (channel: 0 | 1 | 2) => Math.round(from[channel] + (to[channel] - from[channel]) * (place - left));
    return [mix(0), mix(1), mix(2)];
  });
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}
