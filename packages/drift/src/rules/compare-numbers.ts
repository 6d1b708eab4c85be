import type { FeatureBaseline } from '@fairlead/windows';
import { binnedDistances } from '../bins/binned-distances.ts';
import { mergeNeighbors } from '../bins/merge-bins.ts';
import { foldedCounts, numberCount, type NumberBins } from '../bins/number-counts.ts';
import { expectedStability, populationStability } from '../statistics/distances.ts';
import { stephensP } from '../statistics/kolmogorov-smirnov.ts';
import { chiSquareSf } from '../statistics/special-functions.ts';
import type { DriftCheck } from './drift-check.ts';
import type { RuleLimits } from './rule-limits.ts';
import { scaleCounts, type Sample } from './sample.ts';

/** Bins of the stability index: more of them lose power. */
const STABILITY_BINS = 16;

/** Differences of numbers to those of the training table. */
export interface NumberComparison {
  /** Wasserstein distance in the unit of the values. */
  readonly wasserstein: number;
  /** Wasserstein distance in standard deviations of the training table. */
  readonly standardizedWasserstein: number;
  readonly kolmogorovSmirnov: number;
  readonly kolmogorovSmirnovP: number;
  /** Population stability index of 16 merged bins. */
  readonly stability: number;
  /** The same above its mean without a shift. */
  readonly excessStability: number;
  readonly stabilityP: number;
}

/** Compares numbers with the training table. */
export function compareNumbers(
  { counts: reference, standardDeviation = 0 }: FeatureBaseline,
  bins: NumberBins,
  { counts: current, precision }: Sample,
): NumberComparison {
  const { wasserstein, kolmogorovSmirnov } = binnedDistances(bins, reference, current);
  const m = numberCount(reference);
  const n = numberCount(current) * precision;
  const merged = mergeNeighbors(
    { reference: foldedCounts(reference), current: scaleCounts(foldedCounts(current), precision) },
    STABILITY_BINS,
  );
  const stability = populationStability(merged);
  const df = merged.reference.length - 1;
  return {
    wasserstein,
    standardizedWasserstein: wasserstein === 0 ? 0 : wasserstein / standardDeviation,
    kolmogorovSmirnov,
    kolmogorovSmirnovP: stephensP(kolmogorovSmirnov, n, m),
    stability,
    excessStability: stability - expectedStability(merged),
    stabilityP: df === 0 ? 1 : chiSquareSf(stability / (1 / n + 1 / m), df),
  };
}

/** Lists the checks of numbers that fail: each has an effect above its floor and a probability below the level. */
export function failedNumberChecks(
  comparison: NumberComparison,
  { effects, significance }: RuleLimits,
): readonly DriftCheck[] {
  const failed: DriftCheck[] = [];
  const { standardizedWasserstein, kolmogorovSmirnovP, excessStability, stabilityP } = comparison;
  if (standardizedWasserstein >= effects.wasserstein && kolmogorovSmirnovP <= significance) {
    failed.push('distance');
  }
  if (excessStability >= effects.stability && stabilityP <= significance) failed.push('stability');
  return failed;
}
