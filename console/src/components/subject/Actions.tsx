import { createSignal, Match, Show, Switch } from 'solid-js';
import { unwrap } from 'solid-js/store';
import { staleFor } from '../../api/live';
import { may, session } from '../../api/session';
import type { ServiceStatus } from '../../api/types';
import { t } from '../../lib/i18n';
import { Icon, type IconName } from '../Icon';
import { DeployDialog } from './DeployDialog';
import { RollbackDialog } from './RollbackDialog';
import { ScaleDialog } from './ScaleDialog';

type Action = 'deploy' | 'rollback' | 'scale';

const ICONS: Record<Action, IconName> = { deploy: 'up', rollback: 'back', scale: 'scale' };

/** What an operator may do to a service. Others see that it is there, and why not for them. */
export function Actions(props: { service: ServiceStatus }) {
  const [open, setOpen] = createSignal<Action>();
  // The dialog speaks of the service as it was when it was opened, so that no number changes under the hand.
  const [then, setThen] = createSignal<ServiceStatus>();
  const close = () => setOpen(undefined);
  const refusal = () => {
    if (staleFor() !== undefined) return t().actions.notLive;
    return may('operator') ? undefined : t().actions.notAllowed(t().app.role[session()?.role ?? 'viewer']);
  };

  function Button(own: { action: Action }) {
    return (
      <button
        class="button"
        classList={{ refused: refusal() !== undefined }}
        aria-disabled={refusal() !== undefined}
        data-tip={refusal()}
        onClick={() => {
          if (refusal() !== undefined) return;
          setThen(structuredClone(unwrap(props.service)));
          setOpen(own.action);
        }}
      >
        <Icon name={ICONS[own.action]} />
        {t().actions[own.action]}
      </button>
    );
  }

  return (
    <div class="actions">
      <Button action="deploy" />
      <Button action="rollback" />
      <Button action="scale" />
      <Show when={then()}>
        {(service) => (
          <Switch>
            <Match when={open() === 'deploy'}>
              <DeployDialog service={service()} onClose={close} />
            </Match>
            <Match when={open() === 'rollback'}>
              <RollbackDialog service={service()} onClose={close} />
            </Match>
            <Match when={open() === 'scale'}>
              <ScaleDialog service={service()} onClose={close} />
            </Match>
          </Switch>
        )}
      </Show>
    </div>
  );
}
