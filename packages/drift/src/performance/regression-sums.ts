import { invalidOption } from '../check-options.ts';

/**
 * Predictions of a number with their labels, as sums over rows; sums of weights where rows were sampled. They add up over hosts, days and segments.
 *
 * An error is the prediction minus the label.
 */
export interface RegressionSums {
  readonly rows: number;
  readonly labels: number;
  readonly squaredLabels: number;
  readonly absoluteErrors: number;
  readonly squaredErrors: number;
  /** Sum of the fourth powers of the errors: the precision of the RMSE. */
  readonly quarticErrors: number;
}

/** Metrics of predicted numbers; NaN where one isn't defined. */
export interface RegressionMetrics {
  /** Mean absolute error, in the unit of the labels. */
  readonly mae: number;
  /** Root of the mean squared error, in the unit of the labels. */
  readonly rmse: number;
  /** Coefficient of determination: 1 minus the squared errors by those of the mean label. */
  readonly r2: number;
}

/**
 * Computes the metrics of predicted numbers from sums.
 *
 * @example
 * ```ts
 * import { regressionMetrics } from '@fairlead/drift';
 *
 * // Predictions 1, 2 and 6 of the labels 1, 3 and 5.
 * const sums = { rows: 3, labels: 9, squaredLabels: 35, absoluteErrors: 2, squaredErrors: 2, quarticErrors: 2 };
 * console.log(regressionMetrics(sums).r2); // 0.75
 * ```
 */
export function regressionMetrics(sums: RegressionSums): RegressionMetrics {
  const { rows, labels, squaredLabels, absoluteErrors, squaredErrors } = sums;
  const spread = squaredLabels - (labels * labels) / rows;
  return {
    mae: absoluteErrors / rows,
    rmse: Math.sqrt(squaredErrors / rows),
    r2: spread > 0 ? 1 - squaredErrors / spread : NaN,
  };
}

/**
 * Standard errors of the metrics of `rows` rows; NaN for R², which has no simple one.
 *
 * @param rows - number of rows; of rows with weights their effective number
 *
 * @example
 * ```ts
 * import { regressionErrors } from '@fairlead/drift';
 *
 * const sums = { rows: 100, labels: 0, squaredLabels: 900, absoluteErrors: 100, squaredErrors: 200, quarticErrors: 600 };
 * console.log(regressionErrors(sums, 100).mae.toFixed(3)); // 0.100
 * ```
 */
export function regressionErrors(sums: RegressionSums, rows: number): RegressionMetrics {
  const { mae, rmse } = regressionMetrics(sums);
  const absoluteVariance = Math.max(0, rmse ** 2 - mae ** 2);
  const squaredVariance = Math.max(0, sums.quarticErrors / sums.rows - rmse ** 4);
  return {
    mae: Math.sqrt(absoluteVariance / rows),
    // Of the root of a mean, by its derivative.
    rmse: rmse === 0 ? 0 : Math.sqrt(squaredVariance / rows) / (2 * rmse),
    r2: NaN,
  };
}

/**
 * Estimates the errors of predictions without labels from those with labels whose predictions are similar: the sums of each group are
 * weighted by the rows that are to be estimated.
 *
 * It follows a shift of the predictions, but assumes that labels of equal predictions are distributed as before, and that rows with labels are
 * like those without: under concept drift it is wrong, and labels must override it.
 *
 * @param labeled - rows with labels by groups of similar predictions, in ascending order of the predictions
 * @param rows - rows to estimate, for each group
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for lists of different length, or without rows that have labels
 *
 * @example
 * ```ts
 * import { estimateRegressionSums, regressionMetrics } from '@fairlead/drift';
 *
 * const small = { rows: 10, labels: 10, squaredLabels: 20, absoluteErrors: 10, squaredErrors: 10, quarticErrors: 10 };
 * const large = { rows: 10, labels: 90, squaredLabels: 990, absoluteErrors: 40, squaredErrors: 160, quarticErrors: 2560 };
 * console.log(regressionMetrics(estimateRegressionSums([small, large], [25, 75])).mae); // 3.25
 * ```
 */
export function estimateRegressionSums(
  labeled: readonly RegressionSums[],
  rows: readonly number[],
): RegressionSums {
  if (labeled.length !== rows.length) {
    throw invalidOption(
      `estimateRegressionSums: ${labeled.length} groups with labels and ${rows.length} numbers of rows: pass one of both for each group.`,
    );
  }
  const known = labeled.flatMap((sums, group) => (sums.rows > 0 ? [{ sums, group }] : []));
  if (known.length === 0) {
    throw invalidOption('estimateRegressionSums: no group has rows with labels.');
  }
  return rows.reduce((sum, count, group) => {
    const { sums } = known.reduce((nearest, each) =>
      Math.abs(each.group - group) < Math.abs(nearest.group - group) ? each : nearest,
    );
    return addScaled(sum, sums, count / sums.rows);
  }, noRegressionRows);
}

const noRegressionRows: RegressionSums = {
  rows: 0,
  labels: 0,
  squaredLabels: 0,
  absoluteErrors: 0,
  squaredErrors: 0,
  quarticErrors: 0,
};

function addScaled(sum: RegressionSums, added: RegressionSums, factor: number): RegressionSums {
  return {
    rows: sum.rows + factor * added.rows,
    labels: sum.labels + factor * added.labels,
    squaredLabels: sum.squaredLabels + factor * added.squaredLabels,
    absoluteErrors: sum.absoluteErrors + factor * added.absoluteErrors,
    squaredErrors: sum.squaredErrors + factor * added.squaredErrors,
    quarticErrors: sum.quarticErrors + factor * added.quarticErrors,
  };
}
