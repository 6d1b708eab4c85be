import { describeValue } from '@fairlead/signature';
import { checkOptions, invalidOption } from '../check-options.ts';

/** Rows of a binary classifier without labels. */
export interface PredictedRows {
  /** Calibrated probability of the positive class, one for each row. */
  readonly probabilities: readonly number[];
  /** True where the positive class was predicted, one for each row. */
  readonly predictions: readonly boolean[];
}

/** Rows of a classifier with several classes, without labels. */
export interface PredictedClasses {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Calibrated probabilities: for each class one for each row. */
  readonly probabilities: readonly (readonly number[])[];
  /** Predicted class, one for each row. */
  readonly predictions: readonly string[];
}

/** Estimated performance; NaN where a metric isn't defined, such as precision without a positive prediction. */
export interface EstimatedPerformance {
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly specificity: number;
  readonly f1: number;
  /** Area under the ROC curve. */
  readonly rocAuc: number;
}

/** Estimated performance of a binary classifier, with the expected numbers of rows. */
export interface EstimatedBinaryPerformance extends EstimatedPerformance {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/**
 * Estimates the performance of a binary classifier without labels from calibrated probabilities (confidence-based performance estimation).
 *
 * The estimate follows a shift of the inputs, but assumes that P(y|x) is unchanged: under concept drift it is wrong, and labels must override it.
 *
 * Source: NannyML, *Confidence-based Performance Estimation (CBPE)*
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for lists of different length, or a probability outside of 0 to 1
 *
 * @example
 * ```ts
 * import { estimatePerformance } from '@fairlead/drift';
 *
 * const { accuracy, recall } = estimatePerformance({
 *   probabilities: [0.75, 0.25, 0.5, 1],
 *   predictions: [true, false, true, true],
 * });
 * console.log(accuracy, recall); // 0.75 0.9
 * ```
 */
export function estimatePerformance(rows: PredictedRows): EstimatedBinaryPerformance {
  const { probabilities, predictions } = checkOptions('estimatePerformance', rows, {
    probabilities: 'required',
    predictions: 'required',
  });
  checkProbabilities('estimatePerformance', probabilities, predictions.length);
  let [truePositives, falsePositives, trueNegatives, falseNegatives] = [0, 0, 0, 0];
  for (const [row, probability] of probabilities.entries()) {
    if (predictions[row] === true) {
      truePositives += probability;
      falsePositives += 1 - probability;
    } else {
      trueNegatives += 1 - probability;
      falseNegatives += probability;
    }
  }
  return {
    accuracy: (truePositives + trueNegatives) / probabilities.length,
    precision: truePositives / (truePositives + falsePositives),
    recall: truePositives / (truePositives + falseNegatives),
    specificity: trueNegatives / (trueNegatives + falsePositives),
    f1: (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives),
    rocAuc: estimateRocAuc(probabilities),
    ...{ truePositives, falsePositives, trueNegatives, falseNegatives },
  };
}

/**
 * Estimates the performance of a classifier with several classes, like {@link estimatePerformance}: each metric but accuracy is the mean of those of the
 * classes against the rest.
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for lists of different length, a probability outside of 0 to 1, or an unknown class
 *
 * @example
 * ```ts
 * import { estimateMulticlassPerformance } from '@fairlead/drift';
 *
 * const { accuracy } = estimateMulticlassPerformance({
 *   classes: ['a', 'b'],
 *   probabilities: [[0.75, 0.5], [0.25, 0.5]],
 *   predictions: ['a', 'b'],
 * });
 * console.log(accuracy); // 0.625
 * ```
 */
export function estimateMulticlassPerformance(rows: PredictedClasses): EstimatedPerformance {
  const { classes, probabilities, predictions } = checkOptions(
    'estimateMulticlassPerformance',
    rows,
    { classes: 'required', probabilities: 'required', predictions: 'required' },
  );
  if (classes.length === 0 || classes.length !== probabilities.length) {
    throw invalidOption(
      `estimateMulticlassPerformance: ${classes.length} classes and ${probabilities.length} lists of probabilities: pass one list for each class.`,
    );
  }
  for (const prediction of predictions) {
    if (classes.includes(prediction)) continue;
    throw invalidOption(
      `estimateMulticlassPerformance: prediction ${describeValue(prediction)} is no class. Classes are ${classes.join(', ')}.`,
    );
  }
  const byClass = classes.map((name, index) =>
    estimatePerformance({
      probabilities: probabilities[index] ?? [],
      predictions: predictions.map((prediction) => prediction === name),
    }),
  );
  const mean = (metric: keyof EstimatedPerformance): number =>
    byClass.reduce((sum, each) => sum + each[metric], 0) / classes.length;
  const right = byClass.reduce((sum, { truePositives }) => sum + truePositives, 0);
  return {
    accuracy: right / predictions.length,
    precision: mean('precision'),
    recall: mean('recall'),
    specificity: mean('specificity'),
    f1: mean('f1'),
    rocAuc: mean('rocAuc'),
  };
}

/** Expected area under the ROC curve: the curve has one line for each distinct probability. */
function estimateRocAuc(probabilities: readonly number[]): number {
  const positives = probabilities.reduce((sum, probability) => sum + probability, 0);
  const negatives = probabilities.length - positives;
  let [area, above] = [0, 0];
  const rows = Map.groupBy(probabilities, (probability) => probability);
  for (const [probability, { length }] of [...rows].sort(([a], [b]) => b - a)) {
    const gained = probability * length;
    area += (1 - probability) * length * (above + gained / 2);
    above += gained;
  }
  return area / (positives * negatives);
}

function checkProbabilities(name: string, probabilities: readonly number[], rows: number): void {
  if (probabilities.length !== rows) {
    throw invalidOption(
      `${name}: ${probabilities.length} probabilities and ${rows} predictions: pass one of both for each row.`,
    );
  }
  for (const probability of probabilities) {
    if (probability >= 0 && probability <= 1) continue;
    throw invalidOption(`${name}: ${describeValue(probability)} is not a probability from 0 to 1.`);
  }
}
