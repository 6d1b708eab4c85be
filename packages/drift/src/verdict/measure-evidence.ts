import { countedValues, type BinCounts, type FeatureBaseline } from '@fairlead/windows';
import { foldedCounts } from '../bins/number-counts.ts';
import type { DistanceName } from '../report/distance-definitions.ts';
import type { DriftEvidence } from '../report/drift-report.ts';
import { categoryCounts, compareCategories } from '../rules/compare-categories.ts';
import { compareNumbers } from '../rules/compare-numbers.ts';
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
  const isEmpty = total(counts.reference) === 0 || total(counts.current) === 0;
  return {
    from: span.from,
    to: span.to,
    values: countedValues(span.counts),
    distances: isEmpty ? {} : distancesOf(baseline, span, counts),
    shares: compareShares(baseline.counts, span.counts),
    histogram: {
      bins: baseline.bins,
      reference: sharesOf(counts.reference),
      current: sharesOf(counts.current),
    },
  };
}

function pairOf({ bins, counts: reference }: FeatureBaseline, current: BinCounts): PairedCounts {
  const countsOf = bins.kind === 'categories' ? categoryCounts : foldedCounts;
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
      : { ...compareNumbers(baseline, bins, span), totalVariation: totalVariation(counts) }),
    jensenShannon: jensenShannon(counts),
    hellinger: hellinger(counts),
    lInfinity: lInfinity(counts),
  };
}

function sharesOf(counts: readonly number[]): readonly number[] {
  const size = total(counts);
  return counts.map((count) => (size === 0 ? 0 : count / size));
}
