import { WindowsError } from '../windows-error.ts';
import type { BinCounts } from './bin-counts.ts';
import { CountsAccumulator } from './counts-accumulator.ts';

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
  const accumulator = new CountsAccumulator(left.counts.length);
  accumulator.add(left);
  accumulator.add(right);
  return accumulator.counts();
}
