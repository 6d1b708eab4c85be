import type { PlannedNotice } from '../job-queue.ts';

/** Deliveries at a time, in all. */
const MAX_DELIVERIES = 64;
/** Deliveries at a time to one origin. */
export const MAX_DELIVERIES_PER_ORIGIN = 16;
const MAX_PER_OWNER = 16;
/** Of one owner to one origin: a receiver that hangs takes no more of the others' places. */
const MAX_PER_DESTINATION = 4;

interface Destination {
  active: number;
  /** Deliveries in a row that got no answer. */
  failures: number;
  pausedUntilMs: number;
}

/**
 * Which webhooks may be delivered at this moment: a few at a time for each origin and owner, and none for a while to a
 * destination, an origin of one owner, that gave no answer.
 */
export class DeliverySlots {
  readonly #pauseAfter: (failures: number) => number;
  readonly #destinations = new Map<string, Destination>();
  readonly #origins = new Map<string, number>();
  readonly #owners = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #active = 0;

  /** `pauseAfter` says how long deliveries to a destination pause after failures in a row, in milliseconds. */
  constructor(pauseAfter: (failures: number) => number) {
    this.#pauseAfter = pauseAfter;
  }

  /** Whether a webhook may be delivered at this moment. */
  readonly accepts = (notice: PlannedNotice): boolean => {
    const { origin, owner, destination } = keysOf(notice);
    const { active, failures, pausedUntilMs } = this.#destinations.get(destination) ?? newOne();
    return (
      this.#active < MAX_DELIVERIES &&
      (this.#origins.get(origin) ?? 0) < MAX_DELIVERIES_PER_ORIGIN &&
      (owner === undefined || (this.#owners.get(owner) ?? 0) < MAX_PER_OWNER) &&
      // After a pause one delivery tries whether there are answers again.
      active < (failures === 0 ? MAX_PER_DESTINATION : 1) &&
      pausedUntilMs <= performance.now()
    );
  };

  /** Calls `listener` whenever a delivery ends; returns what ends that. */
  readonly onFreed = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Takes the place of a webhook that is accepted; returns what gives it back. */
  take(notice: PlannedNotice): (isUnreachable: boolean) => void {
    const { origin, owner, destination } = keysOf(notice);
    const state = this.#destinations.get(destination) ?? newOne();
    this.#destinations.set(destination, state);
    state.active += 1;
    this.#count(origin, owner, 1);
    return (isUnreachable) => {
      state.active -= 1;
      this.#count(origin, owner, -1);
      state.failures = isUnreachable ? state.failures + 1 : 0;
      state.pausedUntilMs = isUnreachable
        ? performance.now() + this.#pauseAfter(state.failures)
        : 0;
      if (state.active === 0 && state.failures === 0) this.#destinations.delete(destination);
      for (const listener of this.#listeners) listener();
    };
  }

  #count(origin: string, owner: string | undefined, change: 1 | -1): void {
    this.#active += change;
    add(this.#origins, origin, change);
    if (owner !== undefined) add(this.#owners, owner, change);
  }
}

function keysOf({ owner, webhookUrl = '' }: PlannedNotice) {
  const origin = URL.parse(webhookUrl)?.origin ?? '';
  return { origin, owner, destination: JSON.stringify([origin, owner]) };
}

function newOne(): Destination {
  return { active: 0, failures: 0, pausedUntilMs: 0 };
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
