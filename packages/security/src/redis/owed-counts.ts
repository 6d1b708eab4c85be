import type { Taken } from '../limits/shared-counts.ts';

/** Amount of one count, until its period ends. */
export interface Owed {
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
    if (taken > 0) this.giveBack(key, { amount: taken, endsAt: performance.now() + resetInMs });
  }

  /** Takes out what is owed of a count, so that it is sent to Redis once; undefined without an amount. */
  takeOut(key: string): Owed | undefined {
    if (this.#owed.size === 0) return undefined;
    const owed = this.#valid(key);
    this.#owed.delete(key);
    return owed;
  }

  /** Adds what was taken out and didn't arrive. */
  giveBack(key: string, owed: Owed | undefined): void {
    if (owed === undefined) return;
    const known = this.#valid(key);
    if (known !== undefined) known.amount += owed.amount;
    else if (this.#hasRoom()) this.#owed.set(key, owed);
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
