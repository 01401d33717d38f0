/** Answers of the API that pages ask for again and again, because nothing streams them. */
import { createEffect, createSignal, onCleanup, type Accessor } from 'solid-js';

export interface Asked<T> {
  /** The last answer; none until the first has come. */
  value: Accessor<T | undefined>;
  /** Why the last try failed; what is there stays. */
  trouble: Accessor<string | undefined>;
  again: () => void;
}

/**
 * Asks at once, whenever what `ask` reads has changed, and every so many seconds while the page is seen. `ask` must read what it
 * depends on before it waits for anything.
 */
export function asking<T>(ask: (signal: AbortSignal) => Promise<T>, every = 10): Asked<T> {
  const [value, setValue] = createSignal<T>();
  const [trouble, setTrouble] = createSignal<string>();
  const [turn, setTurn] = createSignal(0);
  createEffect(() => {
    turn();
    const stop = new AbortController();
    let timer: number | undefined;
    const settle = (answer: Promise<T>) =>
      answer
        .then((found) => {
          if (stop.signal.aborted) return;
          setValue(() => found);
          setTrouble(undefined);
        })
        .catch((error: unknown) => {
          if (!stop.signal.aborted) setTrouble(error instanceof Error ? error.message : String(error));
        })
        .finally(() => {
          if (!stop.signal.aborted) timer = window.setTimeout(round, every * 1000);
        });
    const round = () => {
      if (document.hidden) timer = window.setTimeout(round, every * 1000);
      else void settle(ask(stop.signal));
    };
    void settle(ask(stop.signal));
    onCleanup(() => {
      stop.abort();
      clearTimeout(timer);
    });
  });
  return { value, trouble, again: () => setTurn((before) => before + 1) };
}
