import type { BinCounts } from './bin-counts.ts';
import { binCount, type Bins } from './bins.ts';
import { CategoryTable } from './category-table.ts';
import { ExactSummation } from './exact-sum.ts';
import { LimitIndex } from './limit-index.ts';

/**
 * Counts values by bins, without allocating memory for a value: a table for a number, a hash for a text.
 *
 * @example
 * ```ts
 * import { BinCounter } from '@fairlead/windows';
 *
 * const counter = new BinCounter({ kind: 'edges', edges: [0, 10, 20] });
 * for (const value of [3, 10, 20, 25, NaN]) counter.addNumber(value);
 * const { counts, over, missing } = counter.counts();
 * console.log(counts, over, missing); // [ 1, 2 ] 1 1
 * ```
 */
export class BinCounter {
  readonly #kind: Bins['kind'];
  /** Edges or values, ascending. */
  readonly #limits: Float64Array;
  readonly #index: LimitIndex;
  readonly #counts: Float64Array;
  readonly #categories: CategoryTable | undefined;
  readonly #underSum = new ExactSummation();
  readonly #overSum = new ExactSummation();
  readonly #sum = new ExactSummation();
  readonly #falseBin: number;
  readonly #trueBin: number;
  #missing = 0;
  #other = 0;
  #under = 0;
  #over = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(bins: Bins) {
    this.#kind = bins.kind;
    const categories = bins.kind === 'categories' ? bins.categories : [];
    this.#limits = Float64Array.from(limitsOf(bins));
    this.#index = new LimitIndex(this.#limits);
    this.#counts = new Float64Array(binCount(bins));
    if (bins.kind === 'categories') this.#categories = new CategoryTable(categories);
    this.#falseBin = categories.indexOf('false');
    this.#trueBin = categories.indexOf('true');
  }

  /** Adds a number; NaN and infinities count as missing. */
  addNumber(value: number, weight = 1): void {
    if (!Number.isFinite(value)) {
      this.#missing += weight;
      return;
    }
    if (this.#kind === 'categories') {
      this.addText(String(value), weight);
      return;
    }
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.#sum.add(value * weight);
    this.#countNumber(value, weight);
  }

  /** Adds the first `length` numbers of an array. */
  addNumbers(values: Float64Array, length: number, weight = 1): void {
    for (let index = 0; index < length; index += 1) this.addNumber(values[index] ?? NaN, weight);
  }

  /** Adds a boolean: the categories `false` and `true`, or the numbers 0 and 1. */
  addBoolean(value: boolean, weight = 1): void {
    if (this.#kind === 'categories') this.#countBin(value ? this.#trueBin : this.#falseBin, weight);
    else this.addNumber(value ? 1 : 0, weight);
  }

  /** Adds a text as UTF-8; where numbers are counted, it counts as other. */
  addBytes(value: Uint8Array, weight = 1): void {
    this.#countBin(this.#categories?.findBytes(value) ?? -1, weight);
  }

  /** Adds a text; where numbers are counted, it counts as other. */
  addText(value: string, weight = 1): void {
    this.#countBin(this.#categories?.findText(value) ?? -1, weight);
  }

  /** Adds a value without a bin. */
  addOther(weight = 1): void {
    this.#other += weight;
  }

  /** Adds a missing value. */
  addMissing(weight = 1): void {
    this.#missing += weight;
  }

  /** Returns the counts so far. */
  counts(): BinCounts {
    const hasNumbers = this.#min <= this.#max;
    return {
      counts: [...this.#counts],
      missing: this.#missing,
      other: this.#other,
      under: this.#under,
      over: this.#over,
      underSum: this.#underSum.sum(),
      overSum: this.#overSum.sum(),
      sum: this.#sum.sum(),
      // −0 is 0.
      min: hasNumbers ? this.#min + 0 : null,
      max: hasNumbers ? this.#max + 0 : null,
    };
  }

  /** Starts at zero. */
  clear(): void {
    this.#counts.fill(0);
    this.#missing = this.#other = this.#under = this.#over = 0;
    this.#min = Infinity;
    this.#max = -Infinity;
    for (const sum of [this.#underSum, this.#overSum, this.#sum]) sum.clear();
  }

  #countNumber(value: number, weight: number): void {
    const limits = this.#limits;
    const last = limits.length - 1;
    if (last === -1) this.#other += weight;
    else if (value < (limits[0] ?? Infinity)) {
      this.#under += weight;
      this.#underSum.add(value * weight);
    } else if (value > (limits[last] ?? -Infinity)) {
      this.#over += weight;
      this.#overSum.add(value * weight);
    } else {
      const index = this.#index.lastAtMost(value);
      if (this.#kind === 'edges') this.#countBin(Math.min(index, last - 1), weight);
      else this.#countBin(limits[index] === value ? index : -1, weight);
    }
  }

  #countBin(bin: number, weight: number): void {
    if (bin === -1) this.#other += weight;
    else this.#counts[bin] = (this.#counts[bin] ?? 0) + weight;
  }
}

function limitsOf(bins: Bins): readonly number[] {
  if (bins.kind === 'categories') return [];
  return bins.kind === 'edges' ? bins.edges : bins.values;
}
