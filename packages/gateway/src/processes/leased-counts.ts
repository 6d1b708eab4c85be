import type { RateLimitCount, RateLimitStore } from '@fairlead/security';
import { isCurrent, SharedLimits, type Taken, type TakeRequest } from './shared-limits.ts';

/** Share of a limit that a process takes at once: all processes together leave at most so much of it unused. */
const UNUSED_SHARE = 0.01;
/** Clients that are looked through for ended windows after each so many new ones. */
const SWEEP_EVERY = 1000;

interface Lease {
  /** Requests of the window by all processes, those of the lease included. */
  readonly counted: number;
  left: number;
  readonly resetAt: number;
}

/** Options of {@link LeasedCounts}. */
export interface LeasedCountsOptions {
  /** Name of the limiter, different for each one of a gateway. */
  readonly limiter: string;
  /** Processes that count. */
  readonly processes: number;
  /** Takes requests of a window from the counts of all processes. */
  readonly take: (request: TakeRequest) => Promise<Taken>;
  readonly now?: () => number;
}

/**
 * Counts the requests of one process in windows that all processes of a gateway share.
 *
 * A process takes up to a hundredth of the limit, divided by the processes, from the common count and then counts without asking, so that
 * no more than the limit is ever allowed, and at most a hundredth less.
 *
 * While the common count can't be reached, as the process that has it hangs or has ended, each process allows its share of the limit, counted from
 * then on.
 */
export class LeasedCounts implements RateLimitStore {
  readonly #options: LeasedCountsOptions;
  readonly #now: () => number;
  /** Counts while the common ones can't be reached. */
  readonly #alone: SharedLimits;
  readonly #leases = new Map<string, Lease>();
  readonly #pending = new Map<string, Promise<void>>();
  /** Requests that wait for a lease. */
  readonly #waiting = new Map<string, number>();
  #windowMs = 60_000;
  #added = 0;

  constructor(options: LeasedCountsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#alone = new SharedLimits(this.#now);
  }

  init({ windowMs }: { readonly windowMs: number }): void {
    this.#windowMs = windowMs;
  }

  increment(key: string, limit = 1): RateLimitCount | Promise<RateLimitCount> {
    return this.#countLeased(key, limit) ?? this.#countLater(key, limit);
  }

  decrement(key: string): void {
    const lease = this.#leases.get(key);
    if (lease !== undefined) lease.left += 1;
  }

  /** Forgets the lease; the common count stays until the end of its window. */
  resetKey(key: string): void {
    this.#leases.delete(key);
  }

  #countLeased(key: string, limit: number): RateLimitCount | undefined {
    const lease = this.#leases.get(key);
    if (lease === undefined || !isCurrent(lease, this.#windowMs, this.#now())) return undefined;
    const isOver = lease.counted > limit;
    if (lease.left === 0 && !isOver) return undefined;
    // Over the limit, the common count isn't needed until the window ends.
    if (lease.left > 0) lease.left -= 1;
    return { totalHits: lease.counted - lease.left, resetTime: new Date(lease.resetAt) };
  }

  async #countLater(key: string, limit: number): Promise<RateLimitCount> {
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1);
    try {
      for (;;) {
        await (this.#pending.get(key) ?? this.#take(key, limit));
        const count = this.#countLeased(key, limit);
        if (count !== undefined) return count;
      }
    } finally {
      const waiting = this.#waiting.get(key) ?? 1;
      if (waiting === 1) this.#waiting.delete(key);
      else this.#waiting.set(key, waiting - 1);
    }
  }

  /** Takes requests, for all that wait. */
  #take(key: string, limit: number): Promise<void> {
    const { limiter, processes, take } = this.#options;
    const reserve = Math.floor((limit * UNUSED_SHARE) / processes);
    const wanted = Math.max(1, reserve, this.#waiting.get(key) ?? 0);
    const request = { limiter, key, windowMs: this.#windowMs, limit, wanted };
    const pending = take(request)
      .catch(() => this.#takeAlone(request))
      .then(({ before, taken, resetAt }) => {
        this.#leases.set(key, { counted: before + taken, left: taken, resetAt });
        this.#sweep();
      })
      .finally(() => {
        this.#pending.delete(key);
      });
    this.#pending.set(key, pending);
    return pending;
  }

  #takeAlone(request: TakeRequest): Taken {
    const { limit } = request;
    const share = Math.max(1, Math.floor(limit / this.#options.processes));
    const { before, ...taken } = this.#alone.take({ ...request, limit: share });
    return { ...taken, before: limit - share + before };
  }

  #sweep(): void {
    this.#added += 1;
    if (this.#added % SWEEP_EVERY > 0) return;
    const now = this.#now();
    for (const [key, { resetAt }] of this.#leases) if (resetAt <= now) this.#leases.delete(key);
  }
}
