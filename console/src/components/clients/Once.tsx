import { createSignal } from 'solid-js';
import type { MadeProof, ProofKind } from '../../api/managed';
import { t } from '../../lib/i18n';
import { copy } from '../tmap/carry';
import { Dialog } from '../Dialog';

/** A key or secret that was just made. Nobody can read it later, so the dialog does not close by accident. */
export function Once(props: { name: string; kind: ProofKind; made: MadeProof; onClose: () => void }) {
  const [copied, setCopied] = createSignal(false);
  const words = () => t().clients;
  const example = () =>
    props.kind === 'key'
      ? `curl -H "X-API-Key: ${props.made.text}" https://…`
      : `curl -u "${props.name}:${props.made.text}" -d grant_type=client_credentials https://…/oauth/token`;
  return (
    <Dialog title={words().onceTitle[props.kind](props.name)} wide firm onClose={props.onClose}>
      <p>{words().onceWill}</p>
      <div class="once">
        <label>
          <span>{words().kinds[props.kind]}</span>
          <input
            class="field mono made"
            readonly
            value={props.made.text}
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
        <button
          type="button"
          class="button primary"
          data-autofocus
          onClick={async () => {
            await copy(props.made.text);
            setCopied(true);
          }}
        >
          {copied() ? t().tmap.copied : t().tmap.copy}
        </button>
      </div>
      <p class="row muted">{words().onceUse}</p>
      <pre class="letter-body">{example()}</pre>
      <div class="actions">
        <button class="button" onClick={props.onClose}>
          {words().onceDone}
        </button>
      </div>
    </Dialog>
  );
}
