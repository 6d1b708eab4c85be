/** A client whose requests are counted, and how many are wanted. */
export interface TakeRequest {
  /** Name of the limiter. */
  readonly limiter: string;
  readonly key: string;
  readonly windowMs: number;
  /** Requests of the client that are allowed in a window. */
  readonly limit: number;
  /** Requests that the process would like to count itself from now on. */
  readonly wanted: number;
}

/** Part of a window's requests that one process counts itself. */
export interface Taken {
  /** Requests of the window, before those that were taken. */
  readonly before: number;
  /** At least 1. */
  readonly taken: number;
  /** End of the window, in milliseconds since the epoch. */
  readonly resetAt: number;
}

/**
 * Returns whether a window of `windowMs` has begun and not ended, where it ends at `resetAt`: after the clock was set back, one that seems to begin later
 * would last too long.
 */
export function isCurrent(
  { resetAt }: { readonly resetAt: number },
  windowMs: number,
  now: number,
): boolean {
  return resetAt > now && resetAt <= now + windowMs;
}

interface Window {
  taken: number;
  readonly resetAt: number;
}

/** Windows that are looked through for ended ones after each so many new ones. */
const SWEEP_EVERY = 1000;

/** Counts of the requests of all processes, in the process that started them. */
export class SharedLimits {
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;
  #added = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Takes requests of a client's window for one process.
   *
   * Near the limit a process gets one request at a time, so that none that another process could use is left unused.
   */
  take({ limiter, key, windowMs, limit, wanted }: TakeRequest): Taken {
    const id = `${limiter}\n${key}`;
    const now = this.#now();
    let window = this.#windows.get(id);
    if (window === undefined || !isCurrent(window, windowMs, now)) {
      window = { taken: 0, resetAt: now + windowMs };
      this.#windows.set(id, window);
      this.#sweep(now);
    }
    const before = window.taken;
    const left = limit - before;
    const taken = Math.max(1, Math.min(wanted, Math.floor(left / 2)));
    window.taken += taken;
    return { before, taken, resetAt: window.resetAt };
  }

  #sweep(now: number): void {
    this.#added += 1;
    if (this.#added % SWEEP_EVERY > 0) return;
    for (const [id, { resetAt }] of this.#windows) if (resetAt <= now) this.#windows.delete(id);
  }
}
