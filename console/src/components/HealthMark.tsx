import type { Health } from '../lib/health';
import { t } from '../lib/i18n';
import { Mark } from './Mark';

/** Health in a word beside its shape. */
export function HealthMark(props: { health: Health; pill?: boolean; focusable?: boolean }) {
  return (
    <span
      class={`health ${props.health.level}${props.pill ? ' pill' : ''}`}
      data-tip={t().health.tips[props.health.complaint]}
      tabindex={props.focusable ? 0 : undefined}
    >
      <Mark level={props.health.level} />
      {t().health.words[props.health.complaint]}
    </span>
  );
}
