import { WindowsError } from '../windows-error.ts';
import type { BinCounts } from './bin-counts.ts';
import { ExactSummation, type ExactSum } from './exact-sum.ts';

/**
 * Adds the counts of one feature in two spans of time, exactly: order and grouping of merges don't matter.
 *
 * @throws WindowsError `ERR_WINDOWS_INCOMPATIBLE` for counts of other bins
 *
 * @example
 * ```ts
 * import { emptyCounts, mergeCounts } from '@fairlead/windows';
 *
 * const bins = { kind: 'values', values: [0, 1] } as const;
 * const day = { ...emptyCounts(bins), counts: [5, 1] };
 * console.log(mergeCounts(day, { ...emptyCounts(bins), counts: [1, 1] }).counts); // [ 6, 2 ]
 * ```
 */
export function mergeCounts(left: BinCounts, right: BinCounts): BinCounts {
  if (left.counts.length !== right.counts.length) {
    throw new WindowsError(
      'ERR_WINDOWS_INCOMPATIBLE',
      `mergeCounts: counts of ${left.counts.length} and of ${right.counts.length} bins can't be added. Merge windows of one version: its baseline has the bins.`,
    );
  }
  return {
    counts: left.counts.map((count, bin) => count + (right.counts[bin] ?? 0)),
    missing: left.missing + right.missing,
    other: left.other + right.other,
    under: left.under + right.under,
    over: left.over + right.over,
    underSum: mergeSums(left.underSum, right.underSum),
    overSum: mergeSums(left.overSum, right.overSum),
    sum: mergeSums(left.sum, right.sum),
    min: extreme(Math.min, left.min, right.min),
    max: extreme(Math.max, left.max, right.max),
  };
}

/** Adds two exact sums. */
function mergeSums(left: ExactSum, right: ExactSum): ExactSum {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  const summation = new ExactSummation();
  summation.addSum(left);
  summation.addSum(right);
  return summation.sum();
}

function extreme(
  choose: (left: number, right: number) => number,
  left: number | null,
  right: number | null,
): number | null {
  if (left === null || right === null) return left ?? right;
  return choose(left, right);
}
