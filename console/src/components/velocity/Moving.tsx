/** Requests on their way through instances: a lane for each while there is room, a cell for each when there are many. */
import { createMemo, Show } from 'solid-js';
import { unwrap } from 'solid-js/store';
import { status } from '../../api/live';
import type { InstanceStatus } from '../../api/types';
import { number } from '../../lib/format';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { Crowd, type Group } from '../crowd/Crowd';
import { Velocity } from './Velocity';

/** More lanes than this would be longer than any screen. */
const LANES = 64;
const HEIGHT = 420;

export function Moving(props: { instances: readonly InstanceStatus[]; waiting: number; target: number }) {
  const groups = createMemo((): Group[] => {
    // Anew with each status as a whole, not with each figure in it.
    void status()?.at;
    const cells = unwrap(props.instances).map((instance) => ({ instance, target: props.target }));
    return [{ key: 'all', title: t().crowd.picture(number(cells.length)), cells }];
  });
  return (
    <Show when={props.instances.length > LANES} fallback={<Velocity {...props} />}>
      <section class="panel" aria-label={t().subject.velocity}>
        <div class="panel-head">
          <h2 data-tip={t().subject.velocityTip} tabindex="0">
            {t().subject.velocity}
          </h2>
          <span class="note">
            {t().subject.queue} {number(props.waiting)}
          </span>
          <a class="end note" href={href('instances')}>
            {t().crowd.all}
          </a>
        </div>
        <Crowd groups={groups()} by="response" height={HEIGHT} />
      </section>
    </Show>
  );
}
