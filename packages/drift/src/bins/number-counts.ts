import {
  countedValues,
  type BinCounts,
  type EdgeBins,
  roundSum,
  type ValueBins,
} from '@fairlead/windows';
import { total } from '../statistics/paired-counts.ts';

/** Bins of numbers. */
export type NumberBins = EdgeBins | ValueBins;

/** Number of values that have a place on the axis: in a bin, below or above all bins. */
export function numberCount({ counts, under, over }: BinCounts): number {
  return total(counts) + under + over;
}

/** Counts of the bins, with the values below and above in the first and the last one. */
export function foldedCounts({ counts, under, over }: BinCounts): readonly number[] {
  const last = counts.length - 1;
  return counts.map((count, bin) => count + (bin === 0 ? under : 0) + (bin === last ? over : 0));
}

/** Mean of the numbers; NaN without numbers. */
export function meanOf(counts: BinCounts): number {
  // Numbers without a bin count as other.
  return roundSum(counts.sum) / countedValues(counts);
}

/** First and last edge or value. */
export function rangeOf(bins: NumberBins): readonly [number, number] {
  const limits = bins.kind === 'edges' ? bins.edges : bins.values;
  return [limits[0] ?? NaN, limits.at(-1) ?? NaN];
}

/**
 * Quantile of binned numbers, interpolated within its bin; values outside count as the first or last edge. NaN without numbers.
 *
 * @param share - of the values that are smaller, 0 to 1
 */
export function binnedQuantile(bins: NumberBins, counts: BinCounts, share: number): number {
  const target = share * numberCount(counts);
  let below = counts.under;
  const [first, last] = rangeOf(bins);
  if (numberCount(counts) === 0) return NaN;
  if (target <= below && below > 0) return first;
  for (const [bin, count] of counts.counts.entries()) {
    if (count > 0 && below + count >= target) {
      if (bins.kind === 'values') return bins.values[bin] ?? NaN;
      const low = bins.edges[bin] ?? NaN;
      const high = bins.edges[bin + 1] ?? NaN;
      return low + (high - low) * ((target - below) / count);
    }
    below += count;
  }
  return last;
}
