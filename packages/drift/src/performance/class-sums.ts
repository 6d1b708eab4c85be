/**
 * Rows of a classifier by label and prediction, for one class against the rest; sums of weights where rows were sampled.
 *
 * Counts of disjoint rows add; the area under the ROC curve doesn't.
 */
export interface ClassSums {
  readonly label: string;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
  /** Area under the ROC curve; NaN without scores, or without rows of both kinds. */
  readonly rocAuc: number;
  /** Standard error of the area of one row; that of n rows is by √n smaller. */
  readonly rocAucDeviation: number;
}

/** Metrics of a classifier; NaN where one isn't defined, such as precision without a positive prediction. */
export interface ClassifierMetrics {
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly specificity: number;
  readonly f1: number;
  /** Area under the ROC curve. */
  readonly rocAuc: number;
}

/**
 * Computes the metrics of a classifier from counted rows.
 *
 * With one class they are those of the class; with several they are the means over the classes for which they are defined, and accuracy is the share of right predictions.
 *
 * @example
 * ```ts
 * import { classifierMetrics } from '@fairlead/drift';
 *
 * const counts = { truePositives: 8, falsePositives: 2, trueNegatives: 86, falseNegatives: 4 };
 * const { accuracy, precision, recall } = classifierMetrics([
 *   { label: '1', ...counts, rocAuc: NaN, rocAucDeviation: NaN },
 * ]);
 * console.log(accuracy, precision, recall.toFixed(3)); // 0.94 0.8 0.667
 * ```
 */
export function classifierMetrics(classes: readonly ClassSums[]): ClassifierMetrics {
  const each = classes.map(metricsOf);
  const mean = (metric: keyof ClassifierMetrics): number => {
    const defined = each.map((one) => one[metric]).filter((value) => !Number.isNaN(value));
    return defined.reduce((sum, value) => sum + value, 0) / defined.length;
  };
  return {
    accuracy: classes.length === 1 ? mean('accuracy') : rightShare(classes),
    precision: mean('precision'),
    recall: mean('recall'),
    specificity: mean('specificity'),
    f1: mean('f1'),
    rocAuc: mean('rocAuc'),
  };
}

/**
 * Standard errors of the metrics of `rows` rows by the counts of others, such as those of the baseline.
 *
 * Source: NannyML, *Sampling error introduction*; for several classes the errors of the classes are combined as those of independent values.
 *
 * @param rows - number of rows that are measured or estimated; of rows with weights their effective number
 *
 * @example
 * ```ts
 * import { samplingErrors } from '@fairlead/drift';
 *
 * const counts = { truePositives: 40, falsePositives: 10, trueNegatives: 40, falseNegatives: 10 };
 * const { accuracy } = samplingErrors([{ label: '1', ...counts, rocAuc: NaN, rocAucDeviation: NaN }], 100);
 * console.log(accuracy.toFixed(3)); // 0.040
 * ```
 */
export function samplingErrors(classes: readonly ClassSums[], rows: number): ClassifierMetrics {
  const each = classes.map(deviationsOf);
  const scale = Math.sqrt(rows);
  const combined = (metric: keyof ClassifierMetrics): number => {
    const defined = each.map((one) => one[metric]).filter((value) => !Number.isNaN(value));
    return Math.sqrt(defined.reduce((sum, value) => sum + value ** 2, 0)) / defined.length / scale;
  };
  const accuracy = classes.length === 1 ? combined('accuracy') : NaN;
  const share = rightShare(classes);
  return {
    accuracy: classes.length === 1 ? accuracy : Math.sqrt(share * (1 - share)) / scale,
    precision: combined('precision'),
    recall: combined('recall'),
    specificity: combined('specificity'),
    f1: combined('f1'),
    rocAuc: combined('rocAuc'),
  };
}

function metricsOf(sums: ClassSums): ClassifierMetrics {
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = sums;
  return {
    accuracy: (tp + tn) / (tp + fp + tn + fn),
    precision: tp / (tp + fp),
    recall: tp / (tp + fn),
    specificity: tn / (tn + fp),
    f1: (2 * tp) / (2 * tp + fp + fn),
    rocAuc: sums.rocAuc,
  };
}

/** Standard deviations of one row, each divided by the root of the share of rows that the metric is of. */
function deviationsOf(sums: ClassSums): ClassifierMetrics {
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = sums;
  const all = tp + fp + tn + fn;
  const deviation = (hits: number, misses: number): number =>
    (Math.sqrt(hits * misses) / (hits + misses)) * Math.sqrt(all / (hits + misses));
  return {
    accuracy: deviation(tp + tn, fp + fn),
    precision: deviation(tp, fp),
    recall: deviation(tp, fn),
    specificity: deviation(tn, fp),
    f1: (deviation(tp, fp + fn) * (tp + fp + fn)) / (tp + (fp + fn) / 2),
    rocAuc: sums.rocAucDeviation,
  };
}

function rightShare(classes: readonly ClassSums[]): number {
  const right = classes.reduce((sum, { truePositives }) => sum + truePositives, 0);
  const labels = classes.reduce(
    (sum, { truePositives, falseNegatives }) => sum + truePositives + falseNegatives,
    0,
  );
  return right / labels;
}
