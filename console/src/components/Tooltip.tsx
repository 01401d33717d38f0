import { createSignal, onCleanup, onMount, Show } from 'solid-js';

/**
 * One tooltip for all: whatever has `data-tip` explains itself under the pointer and with the keyboard's focus. Escape hides
 * it, as WCAG 2.2, 1.4.13 wants.
 */
export function Tooltip() {
  const [shown, setShown] = createSignal<{ text: string; target: Element }>();
  let box: HTMLDivElement | undefined;

  const show = (event: globalThis.Event) => {
    const target = event.target instanceof Element ? event.target.closest('[data-tip]') : null;
    const text = target?.getAttribute('data-tip');
    shown()?.target.removeAttribute('aria-describedby');
    if (!target || !text) {
      setShown(undefined);
      return;
    }
    setShown({ text, target });
    target.setAttribute('aria-describedby', 'tooltip');
    place(target);
  };
  const hide = () => {
    shown()?.target.removeAttribute('aria-describedby');
    setShown(undefined);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Escape') hide();
  };

  function place(target: Element): void {
    if (!box) return;
    const at = target.getBoundingClientRect();
    const own = box.getBoundingClientRect();
    const below = at.bottom + 8 + own.height < window.innerHeight;
    box.style.top = `${below ? at.bottom + 6 : Math.max(4, at.top - own.height - 6)}px`;
    box.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - own.width - 8))}px`;
  }

  onMount(() => {
    document.addEventListener('mouseover', show);
    document.addEventListener('focusin', show);
    document.addEventListener('focusout', hide);
    document.addEventListener('click', hide);
    document.addEventListener('keydown', key);
    document.addEventListener('scroll', hide, true);
  });
  onCleanup(() => {
    document.removeEventListener('mouseover', show);
    document.removeEventListener('focusin', show);
    document.removeEventListener('focusout', hide);
    document.removeEventListener('click', hide);
    document.removeEventListener('keydown', key);
    document.removeEventListener('scroll', hide, true);
  });

  return (
    <Show when={shown()}>
      {(tip) => (
        <div ref={box} id="tooltip" class="tooltip" role="tooltip">
          {tip().text}
        </div>
      )}
    </Show>
  );
}
