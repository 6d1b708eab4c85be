import { binCount, type Bins } from './bins.ts';
import type { ExactSum } from './exact-sum.ts';

/**
 * Counts of the values of one feature or output, by its {@link Bins}: only integers and sums, so that merging adds them.
 *
 * A row that stands for several, since rows were sampled, counts as many times.
 */
export interface BinCounts {
  /** One count for each bin. */
  readonly counts: readonly number[];
  /** Missing values: null, NaN and infinities. */
  readonly missing: number;
  /** Values between the smallest and the largest that have no bin: unknown categories, numbers between those of `values`. */
  readonly other: number;
  /** Numbers below the first edge or value. */
  readonly under: number;
  /** Numbers above the last edge or value. */
  readonly over: number;
  /** Sum of the numbers below the first edge or value. */
  readonly underSum: ExactSum;
  /** Sum of the numbers above the last edge or value. */
  readonly overSum: ExactSum;
  /** Sum of all numbers; empty for categories. */
  readonly sum: ExactSum;
  /** Smallest number; null without numbers. */
  readonly min: number | null;
  /** Largest number; null without numbers. */
  readonly max: number | null;
}

/**
 * Returns the counts of no value.
 *
 * @example
 * ```ts
 * import { emptyCounts } from '@fairlead/windows';
 *
 * console.log(emptyCounts({ kind: 'values', values: [0, 1] }).counts); // [ 0, 0 ]
 * ```
 */
export function emptyCounts(bins: Bins): BinCounts {
  const counts = new Array<number>(binCount(bins)).fill(0);
  const none = { missing: 0, other: 0, under: 0, over: 0 };
  return { counts, ...none, underSum: [], overSum: [], sum: [], min: null, max: null };
}

/**
 * Returns how many values were counted, without missing ones.
 *
 * @example
 * ```ts
 * import { countedValues, emptyCounts } from '@fairlead/windows';
 *
 * const counts = { ...emptyCounts({ kind: 'values', values: [0, 1] }), counts: [3, 4], over: 1, missing: 9 };
 * console.log(countedValues(counts)); // 8
 * ```
 */
export function countedValues({ counts, other, under, over }: BinCounts): number {
  return counts.reduce((sum, count) => sum + count, other + under + over);
}
