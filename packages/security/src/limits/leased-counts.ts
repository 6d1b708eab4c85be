import type { RateLimitCount, RateLimitStore } from '../rate-limit-store.ts';
import type { Period } from '../period.ts';
import type { SharedCounts, Taken } from './shared-counts.ts';

/** Share of a limit that the processes of a host hold at most together. */
const UNUSED_SHARE = 0.01;
/** A process takes as much as it needs for this time, so that little is lost with a process that ends. */
const LEASE_MS = 250;
/** Clients that are searched for ended periods after each so many new ones. */
const SWEEP_EVERY = 1000;

interface Lease {
  /** Amount that all processes have taken in the period, that of this lease included. */
  counted: number;
  /** Amount of it that this process hasn't used yet. */
  left: number;
  /** End of the period on the clock of this process. */
  endsAt: number;
  /** Amount that this process has used since it took a part the last time. */
  usedSince: number;
  takenAt: number;
}

/** State of a client's limit after a use. */
export interface Use {
  readonly isAllowed: boolean;
  /** Amount that is left; 0 or more. */
  readonly remaining: number;
  /** Time to the end of the period, in milliseconds. */
  readonly resetInMs: number;
}

/** Options of {@link LeasedCounts}. */
export interface LeasedCountsOptions {
  /** Name of the limiter, different for each one of a service. */
  readonly limiter: string;
  /** Counts that all processes share. */
  readonly counts: SharedCounts;
  /**
   * Processes of this host that count.
   * @defaultValue 1
   */
  readonly processes?: number;
  /**
   * Period of the counts: milliseconds, `'day'` or `'month'`; as a {@link RateLimitStore} it has that of its limiter.
   * @defaultValue 60000
   */
  readonly period?: Period;
  /**
   * Monotonic clock, in milliseconds.
   * @defaultValue `performance.now`
   */
  readonly now?: () => number;
}

/**
 * Counts of one process in periods that all processes share.
 *
 * The process takes a part of a client's limit from the common counts and then counts by itself: as much as the client needs for a quarter
 * of a second, at most a hundredth of the limit divided by the processes of the host, and near the limit less. No more than the limit is ever
 * allowed, and a client over its limit is refused without a call of the common counts.
 *
 * @example
 * ```ts
 * import { LeasedCounts, MemoryCounts } from '@fairlead/security';
 *
 * const counts = new MemoryCounts();
 * const elements = new LeasedCounts({ limiter: 'elements', counts, period: 'day' });
 * console.log((await elements.use('client:acme', 1000, 800)).remaining); // 200
 * console.log((await elements.use('client:acme', 1000, 300)).isAllowed); // false
 * ```
 */
export class LeasedCounts implements RateLimitStore {
  readonly #limiter: string;
  readonly #counts: SharedCounts;
  readonly #processes: number;
  readonly #now: () => number;
  readonly #leases = new Map<string, Lease>();
  readonly #pending = new Map<string, Promise<unknown>>();
  /** Amounts that wait for a lease. */
  readonly #waiting = new Map<string, number>();
  #period: Period;
  #added = 0;

  constructor({ limiter, counts, processes = 1, period = 60_000, now }: LeasedCountsOptions) {
    this.#limiter = limiter;
    this.#counts = counts;
    this.#processes = processes;
    this.#period = period;
    this.#now = now ?? (() => performance.now());
  }

  /** Sets the period, as a store of a limiter. */
  init({ windowMs }: { readonly windowMs: number }): void {
    this.#period = windowMs;
  }

  /**
   * Uses an amount of a client's limit, or nothing if less is left.
   *
   * @param limit - amount that is allowed in a period
   * @param amount - a whole number, at least 1
   * @throws what the common counts throw, as a rejection.
   */
  use(key: string, limit: number, amount = 1): Use | Promise<Use> {
    return this.#useLeased(key, limit, amount) ?? this.#useLater(key, limit, amount);
  }

  /** Returns the state of a client's limit as far as this process knows it; undefined if it hasn't used any in this period. */
  peek(key: string, limit: number): Use | undefined {
    const lease = this.#leaseOf(key);
    if (lease === undefined) return undefined;
    const use = useOf(lease, limit, this.#now(), true);
    return { ...use, isAllowed: use.remaining > 0 };
  }

  /** Gives back an amount that was used, for what was refused for another reason. */
  refund(key: string, amount = 1): void {
    const lease = this.#leaseOf(key);
    if (lease !== undefined) lease.left += amount;
  }

  increment(key: string, limit = 1): RateLimitCount | Promise<RateLimitCount> {
    const use = this.use(key, limit);
    return use instanceof Promise
      ? use.then((later) => toCount(later, limit))
      : toCount(use, limit);
  }

  decrement(key: string): void {
    this.refund(key);
  }

  /** Forgets what this process holds; the common count stays until the end of its period. */
  resetKey(key: string): void {
    this.#leases.delete(key);
  }

  #leaseOf(key: string): Lease | undefined {
    const lease = this.#leases.get(key);
    return lease === undefined || lease.endsAt <= this.#now() ? undefined : lease;
  }

  #useLeased(key: string, limit: number, amount: number): Use | undefined {
    const lease = this.#leases.get(key);
    if (lease === undefined) return undefined;
    const now = this.#now();
    if (lease.endsAt <= now) return undefined;
    if (lease.left >= amount) {
      lease.left -= amount;
      lease.usedSince += amount;
      return useOf(lease, limit, now, true);
    }
    // The common count only grows, so that the amount isn't available before the period ends.
    if (lease.counted - lease.left + amount > limit) return useOf(lease, limit, now, false);
    return undefined;
  }

  async #useLater(key: string, limit: number, amount: number): Promise<Use> {
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + amount);
    try {
      for (;;) {
        const pending = this.#pending.get(key);
        if (pending === undefined) return await this.#take(key, limit, amount);
        await pending;
        const use = this.#useLeased(key, limit, amount);
        if (use !== undefined) return use;
      }
    } finally {
      const waiting = (this.#waiting.get(key) ?? amount) - amount;
      if (waiting === 0) this.#waiting.delete(key);
      else this.#waiting.set(key, waiting);
    }
  }

  /** Takes a part for all that wait, and uses the amount of it. */
  #take(key: string, limit: number, amount: number): Promise<Use> {
    const taking = this.#takeNow(key, limit, amount).finally(() => {
      this.#pending.delete(key);
    });
    this.#pending.set(key, taking);
    return taking;
  }

  async #takeNow(key: string, limit: number, amount: number): Promise<Use> {
    const { left = 0 } = this.#leaseOf(key) ?? {};
    const request = {
      ...{ limiter: this.#limiter, key, period: this.#period, limit },
      need: amount - left,
      wanted: this.#wanted(key, limit, amount) - left,
    };
    const startedAt = this.#now();
    const lease = this.#store(key, await this.#counts.take(request), startedAt);
    const isAllowed = lease.left >= amount;
    if (isAllowed) {
      lease.left -= amount;
      lease.usedSince += amount;
    }
    return useOf(lease, limit, startedAt, isAllowed);
  }

  /** Amount that is worth a call: what waits, or what this process uses in a short time. */
  #wanted(key: string, limit: number, amount: number): number {
    const waiting = Math.max(amount, this.#waiting.get(key) ?? 0);
    const lease = this.#leases.get(key);
    if (lease === undefined) return waiting;
    const elapsedMs = Math.max(1, this.#now() - lease.takenAt);
    const soon = Math.ceil((lease.usedSince * LEASE_MS) / elapsedMs);
    const share = Math.floor((limit * UNUSED_SHARE) / this.#processes);
    return Math.max(waiting, Math.min(soon, share));
  }

  #store(key: string, { before, taken, resetInMs }: Taken, startedAt: number): Lease {
    const known = this.#leaseOf(key);
    const lease = {
      counted: before + taken,
      left: (known?.left ?? 0) + taken,
      // From the start of the call: a lease must not outlast the period of the common count.
      endsAt: startedAt + resetInMs,
      usedSince: 0,
      takenAt: startedAt,
    };
    this.#leases.set(key, lease);
    this.#sweep();
    return lease;
  }

  #sweep(): void {
    this.#added += 1;
    if (this.#added % SWEEP_EVERY > 0) return;
    const now = this.#now();
    for (const [key, { endsAt }] of this.#leases) if (endsAt <= now) this.#leases.delete(key);
  }
}

function useOf(
  { counted, left, endsAt }: Lease,
  limit: number,
  now: number,
  isAllowed: boolean,
): Use {
  const remaining = Math.max(0, limit - counted + left);
  return { isAllowed, remaining, resetInMs: Math.max(1, endsAt - now) };
}

function toCount({ isAllowed, remaining, resetInMs }: Use, limit: number): RateLimitCount {
  return {
    totalHits: isAllowed ? limit - remaining : limit + 1,
    resetTime: new Date(Date.now() + resetInMs),
  };
}
