import { createSignal, Show } from 'solid-js';
import { may } from '../../api/session';
import { t } from '../../lib/i18n';
import { Icon } from '../Icon';
import { ItemDialog } from './ItemDialog';

interface Wanted {
  owner: string;
  figure: string;
  value?: number | undefined;
  onSet?: (() => void) | undefined;
}

/** There is one dialog, so that what opened it may go away meanwhile. */
const [wanted, setWanted] = createSignal<Wanted>();

/** Sets an alert on a figure, from where it is shown. Nothing for who may not. */
export function AlertButton(props: Wanted & { wide?: boolean; onOpen?: () => void }) {
  return (
    <Show when={may('operator')}>
      <button
        type="button"
        class={props.wide ? 'button' : 'set-alert'}
        aria-haspopup="dialog"
        aria-label={t().alerts.set}
        data-tip={props.wide ? undefined : t().alerts.set}
        onClick={() => {
          props.onOpen?.();
          const { owner, figure, value, onSet } = props;
          setWanted({ owner, figure, value, onSet });
        }}
      >
        <Icon name="alarm" />
        {props.wide ? t().alerts.set : ''}
      </button>
    </Show>
  );
}

/** Where the dialog is shown. */
export function ItemHost() {
  return (
    <Show when={wanted()} keyed>
      {(of) => (
        <ItemDialog
          owner={of.owner}
          figure={of.figure}
          value={of.value}
          onSet={of.onSet}
          onClose={() => setWanted(undefined)}
        />
      )}
    </Show>
  );
}
