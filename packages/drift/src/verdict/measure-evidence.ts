import { binCount, countedValues, type BinCounts, type FeatureBaseline } from '@fairlead/windows';
import { numberCount, type NumberBins } from '../bins/number-counts.ts';
import type { DistanceName } from '../report/distance-definitions.ts';
import type { DriftEvidence } from '../report/drift-report.ts';
import { categoryCounts, compareCategories } from '../rules/compare-categories.ts';
import { compareNumbers, type NumberComparison } from '../rules/compare-numbers.ts';
import { compareShares } from '../rules/compare-shares.ts';
import { hellinger, jensenShannon, lInfinity, totalVariation } from '../statistics/distances.ts';
import { total, type PairedCounts } from '../statistics/paired-counts.ts';
import type { Span } from './spans.ts';

/** Measures how windows differ from the training table; undefined where one of them has no value. */
export function measureEvidence(
  baseline: FeatureBaseline,
  span: Span | undefined,
): DriftEvidence | undefined {
  if (span === undefined) return undefined;
  const counts = pairOf(baseline, span.counts);
  if (countedValues(baseline.counts) + baseline.counts.missing === 0) return undefined;
  if (countedValues(span.counts) + span.counts.missing === 0) return undefined;
  const isEmpty = [counts.reference, counts.current].some((each) => total(each) === 0);
  return {
    from: span.from,
    to: span.to,
    values: countedValues(span.counts),
    distances: isEmpty ? {} : distancesOf(baseline, span, counts),
    shares: compareShares(baseline.counts, span.counts),
    histogram: {
      bins: baseline.bins,
      reference: sharesOf(counts.reference).slice(0, binCount(baseline.bins)),
      current: sharesOf(counts.current).slice(0, binCount(baseline.bins)),
    },
  };
}

/** Counts of all values; those below, above and without a bin have bins too. */
function pairOf({ bins, counts: reference }: FeatureBaseline, current: BinCounts): PairedCounts {
  const numberCounts = ({ counts, under, over, other }: BinCounts): readonly number[] => [
    ...counts,
    under,
    over,
    other,
  ];
  const countsOf = bins.kind === 'categories' ? categoryCounts : numberCounts;
  return { reference: countsOf(reference), current: countsOf(current) };
}

function distancesOf(
  baseline: FeatureBaseline,
  span: Span,
  counts: PairedCounts,
): Partial<Record<DistanceName, number>> {
  const { bins } = baseline;
  return {
    ...(bins.kind === 'categories'
      ? compareCategories(baseline, span)
      : numberDistances(baseline, bins, span)),
    totalVariation: totalVariation(counts),
    jensenShannon: jensenShannon(counts),
    hellinger: hellinger(counts),
    lInfinity: lInfinity(counts),
  };
}

/** Distances of numbers; none where all of them lack a place on the axis. */
function numberDistances(
  baseline: FeatureBaseline,
  bins: NumberBins,
  span: Span,
): Partial<NumberComparison> {
  const isEmpty = [baseline.counts, span.counts].some((counts) => numberCount(counts) === 0);
  return isEmpty ? {} : compareNumbers(baseline, bins, span);
}

function sharesOf(counts: readonly number[]): readonly number[] {
  const size = total(counts);
  return counts.map((count) => (size === 0 ? 0 : count / size));
}
