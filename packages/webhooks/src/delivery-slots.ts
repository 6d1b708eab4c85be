import { checkFunction, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';

/** A webhook that is to be delivered. */
export interface PlannedDelivery {
  /** Client on whose behalf it is sent; absent for webhooks of the service itself. */
  readonly owner?: string | undefined;
  readonly webhookUrl?: string | undefined;
}

/** Options of {@link DeliverySlots}. */
export interface DeliverySlotsOptions {
  /** Pause of a destination after `failures` deliveries in a row without a response, in milliseconds. */
  readonly pauseAfter: (failures: number) => number;
  /**
   * Clock that measures pauses, in milliseconds.
   * @defaultValue the monotonic clock, `performance.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<DeliverySlotsOptions> = { pauseAfter: 'required', now: 'optional' };

const MAX_DELIVERIES = 64;
/** Concurrent deliveries to one origin. */
export const MAX_DELIVERIES_PER_ORIGIN = 16;
const MAX_PER_OWNER = 16;
/** Concurrent deliveries of one owner to one origin: a receiver that hangs takes no slots of other receivers. */
const MAX_PER_DESTINATION = 4;

interface Destination {
  active: number;
  /** Deliveries in a row without a response. */
  failures: number;
  pausedUntilMs: number;
}

/**
 * Slots for concurrent deliveries: 64 in all, 16 for each origin, 16 for each owner and 4 for each destination, which is
 * one origin of one owner. A destination that gives no response is paused, then tried with one delivery.
 *
 * @example
 * ```ts
 * import { DeliverySlots } from '@fairlead/webhooks';
 *
 * const slots = new DeliverySlots({ pauseAfter: (failures) => 1000 * 2 ** failures });
 * const delivery = { owner: 'acme', webhookUrl: 'https://hooks.example/jobs' };
 * const free = slots.take(delivery);
 * free(true); // the receiver gave no response
 * console.log(slots.accepts(delivery)); // false
 * ```
 */
export class DeliverySlots {
  readonly #pauseAfter: (failures: number) => number;
  readonly #now: () => number;
  readonly #destinations = new Map<string, Destination>();
  readonly #origins = new Map<string, number>();
  readonly #owners = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #active = 0;

  /** @throws WebhookError `ERR_WEBHOOKS_INVALID_OPTION` naming the option. */
  constructor(options: DeliverySlotsOptions) {
    const { pauseAfter, now = () => performance.now() } = checkOptions(
      'new DeliverySlots',
      options,
      optionNames,
    );
    checkFunction('pauseAfter', pauseAfter);
    checkFunction('now', now);
    this.#pauseAfter = pauseAfter;
    this.#now = now;
  }

  /** Returns true when the delivery can start now. */
  readonly accepts = (delivery: PlannedDelivery): boolean => {
    const { origin, owner, destination } = keysOf(delivery);
    const { active, failures, pausedUntilMs } =
      this.#destinations.get(destination) ?? newDestination();
    return (
      this.#active < MAX_DELIVERIES &&
      (this.#origins.get(origin) ?? 0) < MAX_DELIVERIES_PER_ORIGIN &&
      (owner === undefined || (this.#owners.get(owner) ?? 0) < MAX_PER_OWNER) &&
      // After a pause a single delivery finds out whether the receiver responds again.
      active < (failures === 0 ? MAX_PER_DESTINATION : 1) &&
      pausedUntilMs <= this.#now()
    );
  };

  /** Calls `listener` after each delivery; returns a function that removes the listener. */
  readonly onFreed = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Takes a slot for an accepted delivery; returns the function that frees it. */
  take(delivery: PlannedDelivery): (isUnreachable: boolean) => void {
    const { origin, owner, destination } = keysOf(delivery);
    const state = this.#destinations.get(destination) ?? newDestination();
    this.#destinations.set(destination, state);
    state.active += 1;
    this.#count(origin, owner, 1);
    return (isUnreachable) => {
      state.active -= 1;
      this.#count(origin, owner, -1);
      state.failures = isUnreachable ? state.failures + 1 : 0;
      state.pausedUntilMs = isUnreachable ? this.#now() + this.#pauseAfter(state.failures) : 0;
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

function keysOf({ owner, webhookUrl = '' }: PlannedDelivery) {
  const origin = URL.parse(webhookUrl)?.origin ?? '';
  return { origin, owner, destination: JSON.stringify([origin, owner]) };
}

function newDestination(): Destination {
  return { active: 0, failures: 0, pausedUntilMs: 0 };
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
