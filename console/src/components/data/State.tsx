import type { Level } from '../../lib/health';
import { Mark } from '../Mark';

/** How something stands, in a word beside a shape. */
export function State(props: { level: Level; word: string; tip?: string | undefined; pill?: boolean }) {
  return (
    <span
      class={`health ${props.level}${props.pill ? ' pill' : ''}`}
      data-tip={props.tip}
      tabindex={props.tip && props.pill ? 0 : undefined}
    >
      <Mark level={props.level} />
      {props.word}
    </span>
  );
}
