import type { CacheLookup } from '../cache/response-cache.ts';

/** Number of events, and their total duration. */
export interface Duration {
  readonly count: number;
  /** Total, in nanoseconds. */
  readonly ns: number;
}

/** Statistics of a version since it was loaded, as in Triton's statistics extension. */
export interface StatisticsSnapshot {
  /** Milliseconds since the epoch of the newest request; 0 before the first. */
  readonly lastInferenceMs: number;
  /** Rows that were executed; cached ones are not counted. */
  readonly inferenceCount: number;
  /** Executions; fewer than rows where requests were batched. */
  readonly executionCount: number;
  /** Requests that were answered, from a cache or not. */
  readonly success: Duration;
  readonly fail: Duration;
  /** Requests that were forwarded to a fallback; they are in its statistics as well. */
  readonly fallback: Duration;
  readonly queue: Duration;
  readonly computeInput: Duration;
  readonly computeInfer: Duration;
  readonly computeOutput: Duration;
  /** Requests that were answered without a separate execution, with the time of the lookup. */
  readonly cacheHit: Duration;
  /** Requests without a cached response, with the time of the lookup and of storing. */
  readonly cacheMiss: Duration;
  /** Executions by their number of rows. */
  readonly batches: ReadonlyMap<number, Duration>;
}

const NS_PER_MS = 1e6;
/** Different numbers of rows that are counted separately; further ones count as the largest. */
const MAX_BATCH_SIZES = 512;

class Tally {
  count = 0;
  #ms = 0;

  add(durationMs: number): void {
    this.count += 1;
    this.#ms += durationMs;
  }

  read(): Duration {
    return { count: this.count, ns: Math.round(this.#ms * NS_PER_MS) };
  }
}

/** Counts what one version does. */
export class VersionStatistics {
  readonly #success = new Tally();
  readonly #fail = new Tally();
  readonly #fallback = new Tally();
  readonly #queue = new Tally();
  readonly #input = new Tally();
  readonly #infer = new Tally();
  readonly #cacheHit = new Tally();
  readonly #cacheMiss = new Tally();
  readonly #batches = new Map<number, Tally>();
  #lastInferenceMs = 0;
  #rows = 0;
  #executions = 0;

  /** A request was executed and answered; durations in milliseconds. */
  succeeded(
    durations: { total: number; input: number; queue: number; infer: number },
    rows: number,
  ): void {
    this.#success.add(durations.total);
    this.#queue.add(durations.queue);
    this.#input.add(durations.input);
    this.#infer.add(durations.infer);
    this.#rows += rows;
    this.#lastInferenceMs = Date.now();
  }

  /** A request was answered after that many milliseconds by what had been executed for another. */
  repeated(totalMs: number): void {
    this.#success.add(totalMs);
    this.#queue.add(0);
    this.#lastInferenceMs = Date.now();
  }

  /** Counts a request that was forwarded to a fallback after that many milliseconds. */
  forwarded(totalMs: number): void {
    this.#fallback.add(totalMs);
    this.#lastInferenceMs = Date.now();
  }

  /** A request looked into the cache. */
  lookedUp({ result, durationMs }: CacheLookup): void {
    (result === 'hit' ? this.#cacheHit : this.#cacheMiss).add(durationMs);
  }

  /** A request failed after that many milliseconds. */
  failed(totalMs: number): void {
    this.#fail.add(totalMs);
    this.#lastInferenceMs = Date.now();
  }

  /** The runtime executed a batch. */
  executed(rows: number, computeDurationMs: number): void {
    this.#executions += 1;
    // A client chooses how many rows its request has.
    const isNew = !this.#batches.has(rows) && this.#batches.size >= MAX_BATCH_SIZES;
    const batchSize = isNew ? Math.max(...this.#batches.keys()) : rows;
    let tally = this.#batches.get(batchSize);
    if (tally === undefined) this.#batches.set(batchSize, (tally = new Tally()));
    tally.add(computeDurationMs);
  }

  /** Current counts. */
  read(): StatisticsSnapshot {
    const infer = this.#infer.read();
    return {
      lastInferenceMs: this.#lastInferenceMs,
      inferenceCount: this.#rows,
      executionCount: this.#executions,
      success: this.#success.read(),
      fail: this.#fail.read(),
      fallback: this.#fallback.read(),
      queue: this.#queue.read(),
      computeInput: this.#input.read(),
      computeInfer: infer,
      // Outputs are parted without being copied, and encoded by the protocol: nothing is left to be measured here.
      computeOutput: { count: infer.count, ns: 0 },
      cacheHit: this.#cacheHit.read(),
      cacheMiss: this.#cacheMiss.read(),
      batches: new Map([...this.#batches].map(([size, tally]) => [size, tally.read()])),
    };
  }
}
