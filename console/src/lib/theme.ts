/** Light or dark: as the system says, until somebody chooses. */
import { createSignal } from 'solid-js';
import { remember, remembered } from './storage';

export type Theme = 'light' | 'dark';

const system = matchMedia('(prefers-color-scheme: dark)');
const chosen = remembered('theme');
const [theme, setSignal] = createSignal<Theme>(
  chosen === 'light' || chosen === 'dark' ? chosen : system.matches ? 'dark' : 'light',
);
export { theme };

system.addEventListener('change', () => {
  if (!remembered('theme')) show(system.matches ? 'dark' : 'light');
});
show(theme());

export function setTheme(next: Theme): void {
  remember('theme', next);
  show(next);
}

/** A colour of the theme as canvases need it. Read it inside a computation that also reads `theme()`. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function show(next: Theme): void {
  document.documentElement.dataset['theme'] = next;
  setSignal(next);
}
