import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { cloudWatchLimits } from './cloudwatch-limits.ts';

/** Datum that waits to be sent. */
export interface QueuedDatum {
  readonly datum: MetricDatum;
  readonly timestampMs: number;
  /** Number of recorded values that it represents. */
  readonly total: number;
  readonly bytes: number;
}

/** Queue of datums, limited in bytes: the oldest are dropped when it is full. */
export class DatumQueue {
  readonly #maxBytes: number;
  #datums: QueuedDatum[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#datums.length === 0;
  }

  /** Number of recorded values that the queue represents. */
  get total(): number {
    return totalOf(this.#datums);
  }

  /** Appends datums, and returns the number of recorded values that were dropped at the front. */
  append(datums: readonly QueuedDatum[]): number {
    return this.#replace([...this.#datums, ...datums]);
  }

  /** Puts the datums of {@link takeRequest} back, and returns the number of recorded values that were dropped. */
  putBack(datums: readonly QueuedDatum[]): number {
    return this.#replace([...datums, ...this.#datums]);
  }

  /** Takes the oldest datums that fit one request. */
  takeRequest(): QueuedDatum[] {
    let length = 0;
    let bytes = 0;
    for (const { bytes: size } of this.#datums) {
      const fits =
        length < cloudWatchLimits.datumsPerRequest && bytes + size <= cloudWatchLimits.requestBytes;
      if (!fits) break;
      length += 1;
      bytes += size;
    }
    return this.#datums.splice(0, length);
  }

  /** Removes datums whose time CloudWatch would refuse, and returns the number of their recorded values. */
  dropExpired(nowMs: number): number {
    const { maxAgeMs, maxAheadMs } = cloudWatchLimits;
    const before = this.total;
    this.#replace(
      this.#datums.filter(
        ({ timestampMs }) => timestampMs >= nowMs - maxAgeMs && timestampMs <= nowMs + maxAheadMs,
      ),
    );
    return before - this.total;
  }

  /** Empties the queue and returns the number of its recorded values. */
  clear(): number {
    const { total } = this;
    this.#replace([]);
    return total;
  }

  #replace(datums: QueuedDatum[]): number {
    let bytes = datums.reduce((sum, datum) => sum + datum.bytes, 0);
    let excess = 0;
    while (bytes > this.#maxBytes) {
      bytes -= datums[excess]?.bytes ?? 0;
      excess += 1;
    }
    this.#datums = datums.slice(excess);
    return totalOf(datums.slice(0, excess));
  }
}

/** Returns the number of recorded values that `datums` represent. */
export function totalOf(datums: readonly QueuedDatum[]): number {
  return datums.reduce((sum, { total }) => sum + total, 0);
}
