import type { BinCounts } from './bin-counts.ts';
import { ExactSummation, type ExactSum } from './exact-sum.ts';

/** Adds the counts of one feature of many windows. */
export class CountsAccumulator {
  readonly #counts: Float64Array;
  #missing = 0;
  #other = 0;
  #under = 0;
  #over = 0;
  readonly #underSum = new ExactSummation();
  readonly #overSum = new ExactSummation();
  readonly #sum = new ExactSummation();
  #min: number | null = null;
  #max: number | null = null;

  constructor(bins: number) {
    this.#counts = new Float64Array(bins);
  }

  /** Number of bins. */
  get bins(): number {
    return this.#counts.length;
  }

  add(counts: BinCounts): void {
    // An index, since this runs for every bin of every window of a fleet.
    const total = this.#counts;
    for (let bin = 0; bin < total.length; bin += 1) {
      total[bin] = (total[bin] ?? 0) + (counts.counts[bin] ?? 0);
    }
    this.#missing += counts.missing;
    this.#other += counts.other;
    this.#under += counts.under;
    this.#over += counts.over;
    this.#underSum.addSum(counts.underSum);
    this.#overSum.addSum(counts.overSum);
    this.#sum.addSum(counts.sum);
    if (counts.min !== null) this.#min = Math.min(this.#min ?? Infinity, counts.min);
    if (counts.max !== null) this.#max = Math.max(this.#max ?? -Infinity, counts.max);
  }

  counts(): BinCounts {
    return {
      counts: [...this.#counts],
      missing: this.#missing,
      other: this.#other,
      under: this.#under,
      over: this.#over,
      underSum: this.#underSum.sum(),
      overSum: this.#overSum.sum(),
      sum: this.#sum.sum(),
      min: this.#min,
      max: this.#max,
    };
  }
}

/** Adds exact sums. */
export function addSums(sums: Iterable<ExactSum>): ExactSum {
  const summation = new ExactSummation();
  for (const sum of sums) summation.addSum(sum);
  return summation.sum();
}
