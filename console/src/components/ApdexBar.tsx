import { Show } from 'solid-js';
import type { Apdex } from '../api/types';
import { samples } from '../lib/apdex';
import { number } from '../lib/format';
import { t } from '../lib/i18n';

const WIDTH = 100;

/** Satisfied, tolerating and frustrated as shares of one bar; textures tell them apart without colour. */
export function ApdexBar(props: { apdex: Apdex }) {
  const all = () => samples(props.apdex);
  const share = (n: number) => (n / all()) * WIDTH;
  const words = () =>
    `${t().figures.satisfied} ${number(props.apdex.satisfied)}\n` +
    `${t().figures.tolerating} ${number(props.apdex.tolerating)}\n` +
    `${t().figures.frustrated} ${number(props.apdex.frustrated)}`;
  return (
    <svg class="apdex-bar" viewBox={`0 0 ${WIDTH} 6`} preserveAspectRatio="none" data-tip={words()} aria-hidden="true">
      <rect width={WIDTH} height="6" class="none" />
      <Show when={all() > 0}>
        <rect width={share(props.apdex.satisfied)} height="6" class="fast" />
        <rect x={share(props.apdex.satisfied)} width={share(props.apdex.tolerating)} height="6" class="tolerating" />
        <rect
          x={share(props.apdex.satisfied + props.apdex.tolerating)}
          width={share(props.apdex.frustrated)}
          height="6"
          class="slow"
        />
      </Show>
    </svg>
  );
}
