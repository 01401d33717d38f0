/** Fills a store: once with the whole range, and then each second with the newest seconds. */
import { get } from '../../api/client';
import type { TransactionMap } from '../../api/types';
import { columnSeconds } from './scale';
import { MOST_DOTS, Store } from './store';
import type { View } from './view';

/** Seconds that are asked for again each time: what ended in them may have come late. */
const AGAIN = 2;
/** A scale that fits is not looked for more often, in seconds. */
const RESCALE_EVERY = 15;
/** A scale no longer fits when a larger share of transactions is above its top. */
const TOO_MANY_ABOVE = 0.02;

export class Feed {
  readonly store: Store;
  /** Since when there was nothing missing up to here, in seconds since 1970. */
  private upTo = 0;
  private scaledAt = 0;

  constructor(
    readonly view: View,
    /** Pixels of the page; cells are no narrower than two of them. */
    width: number,
    height: number,
  ) {
    const rows = view.log ? 1000 : Math.max(20, Math.min(200, Math.round(height / 3)));
    this.store = new Store(columnSeconds(view.seconds, width / 2), rows);
  }

  /** How often the newest is worth asking for, in seconds: the wider a column, the less a second of it shows. */
  get every(): number {
    return Math.max(1, Math.round(this.store.columnSeconds / 15));
  }

  /** @throws ApiError */
  async load(now: number, signal: AbortSignal): Promise<void> {
    const { view, store } = this;
    const end = view.end ?? now;
    const map = await this.ask(end - view.seconds, Math.ceil(end), view.top, MOST_DOTS, signal);
    store.load(map);
    if (view.top !== undefined) store.top = view.top;
    this.upTo = Math.floor(Math.min(end, now));
    this.scaledAt = now;
  }

  /** Takes the newest. Returns since when the picture has changed, in seconds since 1970. @throws ApiError */
  async refresh(now: number, signal: AbortSignal): Promise<number> {
    const { store, view } = this;
    if (this.misfit(now)) {
      await this.load(now, signal);
      return 0;
    }
    const wereDots = store.dots !== undefined;
    const map = await this.ask(this.upTo - AGAIN, Math.ceil(now), store.top, store.dots ? MOST_DOTS : 0, signal);
    store.merge(map);
    store.trim(now - view.seconds - AGAIN);
    this.upTo = Math.floor(now);
    return wereDots === (store.dots !== undefined) ? map.from : 0;
  }

  private misfit(now: number): boolean {
    if (this.view.top !== undefined || now - this.scaledAt < RESCALE_EVERY) return false;
    this.scaledAt = now;
    const from = now - this.view.seconds;
    const all = this.store.figures({ from, to: now + 1, low: 0, high: undefined }).transactions;
    const high = this.store.above(from, now + 1).transactions;
    const half = this.store.figures({ from, to: now + 1, low: this.store.top / 5, high: undefined }).transactions;
    return all > 0 && (high > Math.max(5, all * TOO_MANY_ABOVE) || half === 0);
  }

  private ask(from: number, to: number, top: number | undefined, dots: number, signal: AbortSignal) {
    const step = this.store.columnSeconds;
    const first = Math.floor(from / step) * step;
    const behind = Math.max(first + step, Math.ceil(to / step) * step);
    const query = {
      subject: this.view.subject,
      from: first,
      to: behind,
      columns: Math.min(1000, (behind - first) / step),
      rows: this.store.rows,
      top,
      dots,
    };
    return get<TransactionMap>('map', query, signal);
  }
}
