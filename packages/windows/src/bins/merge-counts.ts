import { invalidOption } from '../check-options.ts';
import { WindowsError } from '../windows-error.ts';
import type { BinCounts } from './bin-counts.ts';
import { CountsAccumulator } from './counts-accumulator.ts';

/**
 * Adds the counts of one feature in spans of time, exactly: order and grouping of merges don't matter.
 *
 * @param counts - one at least
 * @throws WindowsError `ERR_WINDOWS_INCOMPATIBLE` for counts of other bins
 *
 * @example
 * ```ts
 * import { emptyCounts, mergeCounts } from '@fairlead/windows';
 *
 * const bins = { kind: 'values', values: [0, 1] } as const;
 * const day = { ...emptyCounts(bins), counts: [5, 1] };
 * console.log(mergeCounts([day, { ...emptyCounts(bins), counts: [1, 1] }]).counts); // [ 6, 2 ]
 * ```
 */
export function mergeCounts(counts: Iterable<BinCounts>): BinCounts {
  let accumulator: CountsAccumulator | undefined;
  for (const each of counts) {
    const bins = each.counts.length;
    accumulator ??= new CountsAccumulator(bins);
    if (bins !== accumulator.bins) {
      throw new WindowsError(
        'ERR_WINDOWS_INCOMPATIBLE',
        `mergeCounts: counts of ${accumulator.bins} and of ${bins} bins can't be added. Merge windows of one version: its baseline has the bins.`,
      );
    }
    accumulator.add(each);
  }
  if (accumulator !== undefined) return accumulator.counts();
  throw invalidOption('mergeCounts: there are no counts to merge. Pass one at least.');
}
