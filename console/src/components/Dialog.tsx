import { onCleanup, onMount, type JSX } from 'solid-js';
import { Portal } from 'solid-js/web';

const FOCUSABLE = 'button:not(:disabled), input:not(:disabled), select, textarea, a[href], [tabindex="0"]';

/** A dialog that holds the focus until it is answered. Escape says no, and so does a press outside one that is not `firm`. */
export function Dialog(props: {
  title: string;
  wide?: boolean;
  firm?: boolean;
  onClose: () => void;
  children: JSX.Element;
}) {
  let box: HTMLDivElement | undefined;
  const before = document.activeElement;

  const key = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      props.onClose();
    }
    if (event.key !== 'Tab' || !box) return;
    const all = [...box.querySelectorAll<HTMLElement>(FOCUSABLE)];
    const first = all[0];
    const last = all.at(-1);
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last?.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first?.focus();
    }
  };

  onMount(() => {
    const wanted = box?.querySelector<HTMLElement>('[data-autofocus]') ?? box?.querySelector<HTMLElement>(FOCUSABLE);
    (wanted ?? box)?.focus();
  });
  onCleanup(() => {
    if (before instanceof HTMLElement) before.focus();
  });

  return (
    <Portal>
      <div
        class="backdrop"
        onMouseDown={(event) => {
          if (event.target === event.currentTarget && !props.firm) props.onClose();
        }}
        on:keydown={key}
      >
        <div
          ref={box}
          class={props.wide ? 'dialog wide' : 'dialog'}
          role="dialog"
          aria-modal="true"
          aria-labelledby="dialog-title"
          tabindex="-1"
        >
          <h2 id="dialog-title">{props.title}</h2>
          {props.children}
        </div>
      </div>
    </Portal>
  );
}
