import type { Dimension, MetricDatum, StandardUnit } from '@aws-sdk/client-cloudwatch';
import { datumBytes } from './datum-bytes.ts';
import type { QueuedDatum } from './datum-queue.ts';
import type { ValueDistribution } from './value-distribution.ts';

/** One metric and its values since the last flush. */
export interface Series {
  readonly name: string;
  readonly unit: StandardUnit;
  readonly dimensions: Dimension[];
  readonly distribution: ValueDistribution;
  /** Time of the first of these values. */
  sinceMs: number;
}

/** Collects the values between two flushes, of at most `maxMetrics` metrics. */
export class AggregationWindow {
  readonly #maxMetrics: number;
  readonly #now: () => number;
  /** Series with values only: a metric without values costs neither memory nor money. */
  readonly #active = new Set<Series>();
  #total = 0;

  constructor(maxMetrics: number, now: () => number) {
    this.#maxMetrics = maxMetrics;
    this.#now = now;
  }

  /** Number of values in the window. */
  get total(): number {
    return this.#total;
  }

  /** Adds a value `count` times; returns `false` if its metric would exceed the maximum. */
  add(series: Series, value: number, count: number): boolean {
    if (series.distribution.isEmpty) {
      if (this.#active.size >= this.#maxMetrics) return false;
      this.#active.add(series);
      series.sinceMs = this.#now();
    }
    series.distribution.add(value, count);
    this.#total += count;
    return true;
  }

  /** Empties the window into datums. */
  drain(): QueuedDatum[] {
    const datums: QueuedDatum[] = [];
    for (const { name, unit, dimensions, distribution, sinceMs } of this.#active) {
      for (const { values, counts, total } of distribution.drain()) {
        const datum: MetricDatum = {
          MetricName: name,
          Unit: unit,
          Dimensions: dimensions,
          Timestamp: new Date(sinceMs),
          Values: values,
          Counts: counts,
        };
        datums.push({ datum, timestampMs: sinceMs, total, bytes: datumBytes(datum) });
      }
    }
    this.#active.clear();
    this.#total = 0;
    return datums;
  }
}
