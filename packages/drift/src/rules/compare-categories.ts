import type { BinCounts, FeatureBaseline } from '@fairlead/windows';
import { poolRare } from '../bins/merge-bins.ts';
import { chiSquareTest } from '../statistics/chi-square.ts';
import { expectedStability, populationStability, totalVariation } from '../statistics/distances.ts';
import { total, type PairedCounts } from '../statistics/paired-counts.ts';
import type { DriftCheck } from './drift-check.ts';
import type { RuleLimits } from './rule-limits.ts';
import { scaleCounts, type Sample } from './sample.ts';

/** Differences of categories to those of the training table. */
export interface CategoryComparison {
  readonly totalVariation: number;
  /** Population stability index; rare categories are pooled. */
  readonly stability: number;
  /** The same above its mean without a shift. */
  readonly excessStability: number;
  /** Pearson's X²; rare categories are pooled. */
  readonly chiSquare: number;
  readonly chiSquareP: number;
}

/** Counts of the categories, and of values that are none of them. */
export function categoryCounts({ counts, other }: BinCounts): readonly number[] {
  return [...counts, other];
}

/** Compares categories with the training table. */
export function compareCategories(
  { counts: reference }: FeatureBaseline,
  { counts, precision }: Sample,
): CategoryComparison {
  const current = scaleCounts(categoryCounts(counts), precision);
  const pair: PairedCounts = { reference: categoryCounts(reference), current };
  const pooled = poolRare(pair, total(current));
  const test = chiSquareTest(pooled);
  const stability = populationStability(pooled);
  return {
    totalVariation: totalVariation(pair),
    stability,
    excessStability: stability - expectedStability(pooled),
    chiSquare: test?.statistic ?? 0,
    chiSquareP: test?.p ?? 1,
  };
}

/** Lists the checks of categories that fail. */
export function failedCategoryChecks(
  comparison: CategoryComparison,
  { effects, significance }: RuleLimits,
): readonly DriftCheck[] {
  const isLarge =
    comparison.totalVariation >= effects.totalVariation ||
    comparison.excessStability >= effects.stability;
  return isLarge && comparison.chiSquareP <= significance ? ['categories'] : [];
}
