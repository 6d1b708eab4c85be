import type { ClassSums } from '../class-sums.ts';
import type { RegressionSums } from '../regression-sums.ts';

/** Rows of a classifier with their losses. */
export interface ClassifierResult {
  readonly classes: readonly ClassSums[];
  /** Mean negative logarithm of the score of the true class; NaN where the scores aren't probabilities. */
  readonly logLoss?: number;
  /** Mean squared distance of scores and labels; NaN where the scores aren't probabilities. */
  readonly brier?: number;
}

/** Result of a classifier, or sums of predicted numbers. */
export type PerformanceResult = ClassifierResult | RegressionSums;
