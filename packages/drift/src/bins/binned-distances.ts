import { type BinCounts, roundSum } from '@fairlead/windows';
import { numberCount, rangeOf, type NumberBins } from './number-counts.ts';

/** Distances of two samples of numbers from their counts in bins. */
export interface BinnedDistances {
  /** Wasserstein distance in the unit of the values. */
  readonly wasserstein: number;
  /** Kolmogorov–Smirnov statistic at the edges of the bins. */
  readonly kolmogorovSmirnov: number;
}

/**
 * Computes distances of binned numbers. Values spread evenly over their bin of `edges`, and are equal in a bin of `values`; the sums of the values
 * below and above all bins place those exactly.
 */
export function binnedDistances(
  bins: NumberBins,
  reference: BinCounts,
  current: BinCounts,
): BinnedDistances {
  const m = numberCount(reference);
  const n = numberCount(current);
  const limits = bins.kind === 'edges' ? bins.edges : bins.values;
  let area = 0;
  // Cumulative share of the current values less that of the reference, times n·m: exact for whole numbers.
  let difference = current.under * m - reference.under * n;
  let largest = Math.abs(difference);
  for (const [bin, count] of current.counts.entries()) {
    const before = difference;
    difference += count * m - (reference.counts[bin] ?? 0) * n;
    largest = Math.max(largest, Math.abs(difference));
    const low = limits[bin] ?? NaN;
    const high = limits[bin + 1] ?? low;
    area +=
      (high - low) *
      (bins.kind === 'edges' ? meanHeight(before, difference) : Math.abs(difference));
  }
  const outside =
    Math.abs(areaBelow(bins, current) / n - areaBelow(bins, reference) / m) +
    Math.abs(areaAbove(bins, current) / n - areaAbove(bins, reference) / m);
  return { wasserstein: area / (n * m) + outside, kolmogorovSmirnov: largest / (n * m) };
}

/** Mean of |x| along a straight line from one value to another. */
function meanHeight(from: number, to: number): number {
  const [a, b] = [Math.abs(from), Math.abs(to)];
  if (from >= 0 === to >= 0 || a + b === 0) return (a + b) / 2;
  return (a * a + b * b) / (2 * (a + b));
}

/** Sum of the distances of the values below all bins to the first edge. */
function areaBelow(bins: NumberBins, { under, underSum }: BinCounts): number {
  return under === 0 ? 0 : (rangeOf(bins)[0] - roundSum(underSum) / under) * under;
}

/** Sum of the distances of the values above all bins to the last edge. */
function areaAbove(bins: NumberBins, { over, overSum }: BinCounts): number {
  return over === 0 ? 0 : (roundSum(overSum) / over - rangeOf(bins)[1]) * over;
}
