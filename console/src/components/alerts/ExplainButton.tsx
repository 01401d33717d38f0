import { createSignal, Show } from 'solid-js';
import { asking } from '../../api/asking';
import { explanation } from '../../api/alerts';
import { t } from '../../lib/i18n';
import { href } from '../../lib/route';
import { Asked } from '../data/Asked';
import { Dialog } from '../Dialog';
import { AlertButton } from './AlertButton';
import { Explained } from './Explained';
import { figureNamed, ownerNamed } from './words';
import './alerts.css';

/** Opens why a figure is as it is. */
export function ExplainButton(props: { owner: string; figure: string; value?: number | undefined }) {
  const [open, setOpen] = createSignal(false);
  const name = () => figureNamed(props.figure);
  return (
    <>
      <button
        class="explain"
        aria-haspopup="dialog"
        aria-label={t().alerts.explain(name())}
        data-tip={t().alerts.explain(name())}
        onClick={() => setOpen(true)}
      >
        ?
      </button>
      <Show when={open()}>
        <Explaining owner={props.owner} figure={props.figure} value={props.value} onClose={() => setOpen(false)} />
      </Show>
    </>
  );
}

function Explaining(props: { owner: string; figure: string; value: number | undefined; onClose: () => void }) {
  const asked = asking((signal) => explanation(props.owner, props.figure, signal), 30);
  return (
    <Dialog title={`${ownerNamed(props.owner)} · ${figureNamed(props.figure)}`} wide onClose={props.onClose}>
      <Asked of={asked}>{(found) => <Explained figure={props.figure} of={found()} onLeave={props.onClose} />}</Asked>
      <div class="actions">
        <a class="button" href={href('alerts', '', { owner: props.owner })} onClick={() => props.onClose()}>
          {t().alerts.openOf}
        </a>
        <AlertButton owner={props.owner} figure={props.figure} value={props.value} wide onOpen={props.onClose} />
        <button class="button primary" data-autofocus onClick={() => props.onClose()}>
          {t().app.close}
        </button>
      </div>
    </Dialog>
  );
}
