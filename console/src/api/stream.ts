/** A live stream of server-sent events that comes back by itself, and says whether it is there. */
import { createSignal, type Accessor } from 'solid-js';
import { begin } from './session';

export interface Stream {
  /** Whether it is open now. */
  open: Accessor<boolean>;
  /** Tries again at once. */
  retry: () => void;
  close: () => void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8000;

/** Follows `url()`, which is asked again at each connection; each message goes to `take`. */
export function follow<T>(url: () => string, take: (message: T) => void): Stream {
  const [open, setOpen] = createSignal(false);
  let source: EventSource | undefined;
  let timer: number | undefined;
  let pause = FIRST_PAUSE;
  let failures = 0;

  function connect(): void {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(url());
    source.onopen = () => {
      pause = FIRST_PAUSE;
      failures = 0;
      setOpen(true);
    };
    source.onmessage = (frame: MessageEvent<string>) => take(JSON.parse(frame.data) as T);
    source.onerror = () => {
      setOpen(false);
      source?.close();
      failures += 1;
      // A stream that is refused says no reason; the session does.
      if (failures % 2 === 0) void begin();
      timer = window.setTimeout(connect, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
  }

  connect();
  return {
    open,
    retry: connect,
    close: () => {
      clearTimeout(timer);
      source?.close();
      setOpen(false);
    },
  };
}
