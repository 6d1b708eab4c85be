import { refusal, type ServingError } from '../errors/serving-error.ts';

/** Part of a queue that the requests of one client may take. */
const CLIENT_SHARE = 1 / 2;
/** A smaller queue is full as soon as a part of it is. */
const MIN_SHARED_QUEUE = 4;

/**
 * Keeps half of a version's queue free of any one client: once half of it is taken, a client that already has as many
 * requests in flight is rejected, while others still enter.
 */
export class QueueShare {
  readonly #most: number;
  readonly #inFlight = new Map<string, number>();

  /** @param maxQueued - requests that may wait in the queue */
  constructor(maxQueued: number) {
    this.#most = maxQueued < MIN_SHARED_QUEUE ? Infinity : Math.ceil(maxQueued * CLIENT_SHARE);
  }

  /** Clients that have requests in flight. */
  get clients(): number {
    return this.#inFlight.size;
  }

  /** The error for one more request of a client that has its share, while `queued` wait; else undefined. */
  problem(client: string, queued: number): ServingError | undefined {
    if (queued < this.#most || (this.#inFlight.get(client) ?? 0) < this.#most) return undefined;
    const message = `${this.#most} requests of this client wait or run, half of the queue: wait for their answers, then try again`;
    return refusal('ERR_SERVING_CLIENT_LIMIT', message);
  }

  /** Counts a request of a client until {@link leave}. */
  enter(client: string): void {
    this.#inFlight.set(client, (this.#inFlight.get(client) ?? 0) + 1);
  }

  /** Ends what {@link enter} began. */
  leave(client: string): void {
    const others = (this.#inFlight.get(client) ?? 1) - 1;
    if (others > 0) this.#inFlight.set(client, others);
    else this.#inFlight.delete(client);
  }
}
