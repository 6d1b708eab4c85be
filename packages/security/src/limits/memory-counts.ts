import { periodEnd } from '../period.ts';
import { amountTaken, type SharedCounts, type Taken, type TakeRequest } from './shared-counts.ts';

interface Window {
  used: number;
  readonly endsAt: number;
}

/** Windows that are searched for ended ones after each so many new ones. */
const SWEEP_EVERY = 1000;

/**
 * Counts of clients in the memory of one process, for several processes that ask it for parts of a limit.
 *
 * @example
 * ```ts
 * import { MemoryCounts } from '@fairlead/security';
 *
 * const counts = new MemoryCounts();
 * const client = { limiter: 'requests', key: 'client:acme', period: 60_000, limit: 100 };
 * console.log(counts.take({ ...client, need: 1, wanted: 10 }).taken); // 10
 * console.log(counts.take({ ...client, need: 1, wanted: 1 }).before); // 10
 * ```
 */
export class MemoryCounts implements SharedCounts {
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;
  #added = 0;

  /** @param now - clock, in milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Takes a part of a client's limit for one process. */
  take(request: TakeRequest): Taken {
    const { limiter, key, period, limit } = request;
    const id = `${limiter}\n${key}`;
    const now = this.#now();
    let window = this.#windows.get(id);
    const end = periodEnd(period, now);
    // After the clock was set back, a window that seems to begin later would last too long.
    if (window === undefined || window.endsAt <= now || window.endsAt > end) {
      window = { used: 0, endsAt: end };
      this.#windows.set(id, window);
      this.#sweep(now);
    }
    const before = window.used;
    const taken = amountTaken(request, limit - before);
    window.used += taken;
    return { before, taken, resetInMs: window.endsAt - now };
  }

  #sweep(now: number): void {
    this.#added += 1;
    if (this.#added % SWEEP_EVERY > 0) return;
    for (const [id, { endsAt }] of this.#windows) if (endsAt <= now) this.#windows.delete(id);
  }
}
