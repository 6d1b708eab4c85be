import type { Taken } from '../limits/shared-counts.ts';

interface Owed {
  amount: number;
  readonly endsAt: number;
}

/** Clients whose amounts are stored; those of further ones are lost, which favors the clients. */
const MAX_CLIENTS = 10_000;

/** Amounts that were counted elsewhere while Redis was unavailable, until Redis has them or their period has ended. */
export class OwedCounts {
  readonly #owed = new Map<string, Owed>();

  /** Adds an amount that was taken elsewhere. */
  add(key: string, { taken, resetInMs }: Taken): void {
    const known = this.#valid(key);
    if (known !== undefined) known.amount += taken;
    else if (taken > 0 && this.#hasRoom()) {
      this.#owed.set(key, { amount: taken, endsAt: performance.now() + resetInMs });
    }
  }

  /** Returns the amount of a client; 0 without one. */
  of(key: string): number {
    if (this.#owed.size === 0) return 0;
    return this.#valid(key)?.amount ?? 0;
  }

  /** Removes an amount that Redis has. */
  settle(key: string, amount: number): void {
    if (amount === 0) return;
    const owed = this.#owed.get(key);
    if (owed === undefined) return;
    owed.amount -= amount;
    if (owed.amount <= 0) this.#owed.delete(key);
  }

  #valid(key: string): Owed | undefined {
    const owed = this.#owed.get(key);
    if (owed === undefined || owed.endsAt > performance.now()) return owed;
    this.#owed.delete(key);
    return undefined;
  }

  #hasRoom(): boolean {
    if (this.#owed.size < MAX_CLIENTS) return true;
    const now = performance.now();
    for (const [key, { endsAt }] of this.#owed) if (endsAt <= now) this.#owed.delete(key);
    return this.#owed.size < MAX_CLIENTS;
  }
}
