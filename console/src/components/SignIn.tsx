import { createSignal, Show } from 'solid-js';
import { signIn } from '../api/session';
import { ApiError } from '../api/client';
import { t } from '../lib/i18n';
import { LanguageButton, Logo } from './Header';

/** Asks for the token. It is sent once, kept by the server as a cookie, and never stored by this page. */
export function SignIn() {
  const [refused, setRefused] = createSignal<string>();
  const [busy, setBusy] = createSignal(false);
  let field: HTMLInputElement | undefined;

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!field?.value) return;
    setBusy(true);
    setRefused(undefined);
    try {
      await signIn(field.value.trim());
    } catch (error) {
      const unreachable = error instanceof ApiError && error.status === 0;
      setRefused(unreachable ? t().signIn.unreachable : t().signIn.refused);
      field.select();
    } finally {
      setBusy(false);
    }
  };

  return (
    <main tabindex="-1">
      <form class="sign-in panel" aria-label={t().signIn.title} onSubmit={(event) => void submit(event)}>
        <h1 class="brand">
          <Logo />
          naru
          <LanguageButton />
        </h1>
        <label for="token">{t().signIn.token}</label>
        <input
          id="token"
          class="field mono"
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          ref={(element) => {
            field = element;
            queueMicrotask(() => element.focus());
          }}
          aria-describedby="token-hint"
          required
        />
        <p id="token-hint" class="muted">
          {t().signIn.hint}
        </p>
        <Show when={refused()}>
          <p class="error" role="alert">
            {refused()}
          </p>
        </Show>
        <button class="button primary" disabled={busy()}>
          {t().signIn.enter}
        </button>
      </form>
    </main>
  );
}
