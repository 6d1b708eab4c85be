import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { cloudWatchLimits } from './cloudwatch-limits.ts';

/** A datum that waits to be sent. */
export interface QueuedDatum {
  readonly datum: MetricDatum;
  readonly timestampMs: number;
  /** How many recorded values it stands for. */
  readonly total: number;
  readonly bytes: number;
}

/** Datums in the order in which they were made, bounded in bytes: the oldest go first when there are too many. */
export class DatumQueue {
  readonly #maxBytes: number;
  #datums: QueuedDatum[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#datums.length === 0;
  }

  /** Recorded values that the queue stands for. */
  get total(): number {
    return totalOf(this.#datums);
  }

  /** Appends, and returns how many recorded values were dropped at the other end for it. */
  append(datums: readonly QueuedDatum[]): number {
    return this.#replace([...this.#datums, ...datums]);
  }

  /** Gives back what {@link takeRequest} took, and returns how many recorded values were dropped. */
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

  /** Removes the datums that CloudWatch would refuse for their time, and returns how many recorded values they held. */
  dropOutOfTime(nowMs: number): number {
    const { maxAgeMs, maxAheadMs } = cloudWatchLimits;
    const before = this.total;
    this.#replace(
      this.#datums.filter(
        ({ timestampMs }) => timestampMs >= nowMs - maxAgeMs && timestampMs <= nowMs + maxAheadMs,
      ),
    );
    return before - this.total;
  }

  /** Empties the queue and returns how many recorded values it held. */
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

/** How many recorded values `datums` stand for. */
export function totalOf(datums: readonly QueuedDatum[]): number {
  return datums.reduce((sum, { total }) => sum + total, 0);
}
