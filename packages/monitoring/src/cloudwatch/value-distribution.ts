import { cloudWatchLimits } from './cloudwatch-limits.ts';

/** Part of a distribution that fits one datum. */
export interface ValueCounts {
  readonly values: number[];
  /** Count of the value at the same index. */
  readonly counts: number[];
  /** Sum of `counts`. */
  readonly total: number;
}

/** Counts each value: percentiles are preserved, unlike in a sum, minimum and maximum. */
export class ValueDistribution {
  readonly #counts = new Map<number, number>();

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  add(value: number, count: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + count);
  }

  /** Empties the distribution into parts of at most 150 different values, in ascending order. */
  drain(): ValueCounts[] {
    const entries = [...this.#counts].sort(([a], [b]) => a - b);
    this.#counts.clear();
    const parts: ValueCounts[] = [];
    for (let start = 0; start < entries.length; start += cloudWatchLimits.valuesPerDatum) {
      const part = entries.slice(start, start + cloudWatchLimits.valuesPerDatum);
      parts.push({
        values: part.map(([value]) => value),
        counts: part.map(([, count]) => count),
        total: part.reduce((sum, [, count]) => sum + count, 0),
      });
    }
    return parts;
  }
}
