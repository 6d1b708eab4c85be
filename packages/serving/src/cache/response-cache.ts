import type { Tensor } from '@fairlead/signature';
import type { VersionManifest } from '../source/model-source.ts';
import type { CancelSignal } from '../inference/cancel-signal.ts';
import type { Outcome, Submission } from '../scheduling/ticket.ts';
import { ServingError } from '../errors/serving-error.ts';
import { createCacheKey } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { decodeOutputs, encodeOutputs } from './encode-outputs.ts';
import { Flight } from './flight.ts';

/** Result of one request's lookup in the cache; filled in step by step, so that failures report it as well. */
export interface CacheLookup {
  /** `hit`: answered without a separate execution. */
  result: 'hit' | 'miss';
  /** Milliseconds that looking, reading and keeping took, not waiting for another's execution. */
  durationMs: number;
}

/** Result that requests share: the encoded outputs, and their execution unless they were cached. */
interface Cargo {
  readonly bytes: Uint8Array;
  readonly executed: Outcome | undefined;
  readonly cacheMs: number;
}

/**
 * Answers requests of one version from a store, and executes each input once however many ask for it at the same time.
 *
 * Only results of the runtime are stored, never a failure.
 */
export class ResponseCache {
  readonly #store: CacheStore;
  readonly #keyOf: (inputs: readonly Tensor[]) => string;
  readonly #submit: (submission: Submission) => Promise<Outcome>;
  readonly #flights = new Map<string, Flight<Cargo>>();

  constructor(
    store: CacheStore,
    manifest: VersionManifest,
    submit: (submission: Submission) => Promise<Outcome>,
  ) {
    this.#store = store;
    this.#keyOf = createCacheKey(manifest);
    this.#submit = submit;
  }

  /** Answers one request; each caller gets separate outputs. */
  async run(submission: Submission, lookup: CacheLookup): Promise<Outcome> {
    const startedAt = performance.now();
    const key = this.#keyOf(submission.inputs);
    let flight = this.#flights.get(key);
    if (flight === undefined || flight.isLate) {
      const found = this.#get(key);
      if (found instanceof Uint8Array) {
        const outputs = decodeOutputs(found);
        lookup.durationMs = performance.now() - startedAt;
        if (outputs !== undefined) {
          lookup.result = 'hit';
          return { outputs, queueDurationMs: 0, computeDurationMs: 0 };
        }
      }
      if (submission.signal?.aborted === true) {
        throw new ServingError('ERR_SERVING_CANCELED', 'the client disconnected');
      }
      flight = this.#takeOff(key, submission, found instanceof Uint8Array ? undefined : found);
    }
    lookup.durationMs = performance.now() - startedAt;
    const { bytes, executed, cacheMs } = await flight.wait(submission);
    if (executed !== undefined && flight.claim()) {
      lookup.durationMs += cacheMs;
      return executed;
    }
    const readAt = performance.now();
    const outputs = decodeOutputs(bytes) ?? [];
    lookup.result = 'hit';
    lookup.durationMs += performance.now() - readAt;
    if (executed === undefined) lookup.durationMs += cacheMs;
    return { outputs, queueDurationMs: 0, computeDurationMs: 0 };
  }

  #takeOff(
    key: string,
    submission: Submission,
    found: Promise<Uint8Array | undefined> | undefined,
  ): Flight<Cargo> {
    const forget = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const work = async (signal: CancelSignal, latestAt: () => number): Promise<Cargo> => {
      const startedAt = performance.now();
      const stored = found && (await found);
      const lookMs = performance.now() - startedAt;
      if (stored !== undefined && decodeOutputs(stored) !== undefined) {
        return { bytes: stored, executed: undefined, cacheMs: lookMs };
      }
      // Its deadline is the latest of all waiting requests: each leaves at its own deadline, and after the last one it is canceled.
      const executed = await this.#submit({
        ...submission,
        signal,
        get deadlineAt() {
          return latestAt();
        },
      });
      const executedAt = performance.now();
      const bytes = encodeOutputs(executed.outputs);
      this.#set(key, bytes);
      return { bytes, executed, cacheMs: lookMs + performance.now() - executedAt };
    };
    const flight = new Flight<Cargo>(submission.deadlineAt, work, forget);
    this.#flights.set(key, flight);
    void flight.settled.then(forget);
    return flight;
  }

  #get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    try {
      const found = this.#store.get(key);
      return found instanceof Promise ? found.catch(() => undefined) : found;
    } catch {
      return undefined;
    }
  }

  #set(key: string, value: Uint8Array): void {
    try {
      const storing = this.#store.set(key, value);
      if (storing instanceof Promise) storing.catch(() => undefined);
    } catch {
      // The answer is there all the same.
    }
  }
}
