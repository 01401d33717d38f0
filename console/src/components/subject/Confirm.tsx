import { createSignal, Show, type JSX } from 'solid-js';
import { t } from '../../lib/i18n';
import { Dialog } from '../Dialog';

/** A dialog that says what will happen, does it when told so, and says why when it could not. */
export function Confirm(props: {
  title: string;
  confirm: string;
  wide?: boolean;
  /** What is done shows something itself, and closes later. */
  stays?: boolean;
  /** Why it can't be confirmed as it stands. */
  wrong?: string | undefined;
  onConfirm: () => Promise<void>;
  onClose: () => void;
  children: JSX.Element;
}) {
  const [busy, setBusy] = createSignal(false);
  const [failure, setFailure] = createSignal<string>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy() || props.wrong) return;
    setBusy(true);
    setFailure(undefined);
    try {
      await props.onConfirm();
      if (!props.stays) props.onClose();
    } catch (error) {
      setFailure(t().actions.failed(error instanceof Error ? error.message : String(error)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} wide={props.wide ?? false} onClose={props.onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {props.children}
        <Show when={failure() ?? props.wrong}>
          {(text) => (
            <p class="error" role="alert">
              {text()}
            </p>
          )}
        </Show>
        <div class="actions">
          <button type="button" class="button" onClick={props.onClose}>
            {t().app.cancel}
          </button>
          <button class="button primary" disabled={busy() || props.wrong !== undefined}>
            {busy() ? t().actions.working : props.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
