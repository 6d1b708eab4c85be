import type { CalibrationBaseline } from '@fairlead/windows';
import { checkNumber, invalidOption } from '../check-options.ts';
import type { ClassSums } from './class-sums.ts';
import type { CalibratedClass } from './classifier-calibration.ts';
import { calibrateScores } from './isotonic-calibration.ts';
import { rocArea } from './rank-cells.ts';

/**
 * Rows of one class by their score, without labels: they add up over hosts, days and segments.
 *
 * Rows with similar scores may share a cell, with their mean score.
 */
export interface ScoreCells {
  /** Score of each cell. */
  readonly scores: readonly number[];
  /** Rows of each cell; sums of weights where rows were sampled. */
  readonly rows: readonly number[];
  /** Rows of each cell for which the class was predicted. */
  readonly predicted: readonly number[];
}

/**
 * Estimates from scores how many predictions of a classifier are right, without labels (confidence-based performance estimation).
 *
 * The estimate follows a shift of the inputs, but assumes that P(y|x) is unchanged: under concept drift it is wrong, and labels must override it.
 *
 * @param cells - one for each class
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for another number of classes, or lists of different length
 *
 * @example
 * ```ts
 * import { calibrateClassifier, classifierMetrics, estimateClassSums } from '@fairlead/drift';
 *
 * const rows = { label: '1', index: 0, scores: [0.2, 0.8], counts: [50, 50], positives: [10, 40] };
 * const calibrated = calibrateClassifier({ tensor: 'score', classes: [rows] });
 * const sums = estimateClassSums(calibrated, [{ scores: [0.2, 0.8], rows: [300, 100], predicted: [0, 100] }]);
 * console.log(classifierMetrics(sums).precision); // 0.8
 * ```
 */
export function estimateClassSums(
  classes: readonly CalibratedClass[],
  cells: readonly ScoreCells[],
): readonly ClassSums[] {
  if (classes.length !== cells.length) {
    throw invalidOption(
      `estimateClassSums: ${classes.length} classes and ${cells.length} lists of cells: pass one for each class.`,
    );
  }
  return classes.map(({ label, calibration }, index) => {
    const { scores, rows, predicted } = cells[index] ?? { scores: [], rows: [], predicted: [] };
    if (rows.length !== scores.length || predicted.length !== scores.length) {
      throw invalidOption(
        `estimateClassSums: class ${JSON.stringify(label)} has ${scores.length} scores, ${rows.length} rows and ${predicted.length} predicted.`,
      );
    }
    const probabilities = calibration === undefined ? scores : calibrateScores(calibration, scores);
    return sumsOf(label, probabilities, { rows, predicted });
  });
}

/**
 * Counts right and wrong predictions among the rows with labels of a baseline; undefined for several classes, since their scores are counted one by one.
 *
 * @param threshold - smallest score with a positive prediction
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { baselineClassSums, classifierMetrics } from '@fairlead/drift';
 *
 * const rows = { label: '1', index: 0, scores: [0.2, 0.8], counts: [50, 50], positives: [10, 40] };
 * const sums = baselineClassSums({ tensor: 'score', classes: [rows] }, 0.5);
 * console.log(sums && classifierMetrics(sums).recall); // 0.8
 * ```
 */
export function baselineClassSums(
  { classes }: CalibrationBaseline,
  threshold: number,
): readonly ClassSums[] | undefined {
  checkNumber('baselineClassSums: threshold', threshold, -Number.MAX_VALUE, Number.MAX_VALUE);
  const [only, ...others] = classes;
  if (only === undefined || others.length > 0) return undefined;
  const { label, scores, counts: rows } = only;
  const shares = only.positives.map((positives, cell) => positives / Math.max(1, rows[cell] ?? 1));
  const predicted = rows.map((count, cell) => ((scores[cell] ?? NaN) >= threshold ? count : 0));
  const sums = sumsOf(label, shares, { rows, predicted });
  // The order of the scores, not of the shares of labels.
  const area = rocArea({
    positives: only.positives,
    negatives: rows.map((count, cell) => count - (only.positives[cell] ?? 0)),
  });
  return [{ ...sums, ...area }];
}

function sumsOf(
  label: string,
  probabilities: readonly number[],
  { rows, predicted }: Omit<ScoreCells, 'scores'>,
): ClassSums {
  let [truePositives, falsePositives, trueNegatives, falseNegatives] = [0, 0, 0, 0];
  const byProbability = new Map<number, number>();
  for (const [cell, probability] of probabilities.entries()) {
    if (!(probability >= 0 && probability <= 1)) {
      throw invalidOption(
        `estimateClassSums: class ${JSON.stringify(label)} has the score ${probability}, which is no probability: calibrate it.`,
      );
    }
    const count = rows[cell] ?? 0;
    const yes = predicted[cell] ?? 0;
    truePositives += yes * probability;
    falsePositives += yes * (1 - probability);
    falseNegatives += (count - yes) * probability;
    trueNegatives += (count - yes) * (1 - probability);
    byProbability.set(probability, (byProbability.get(probability) ?? 0) + count);
  }
  const ranked = [...byProbability].sort(([a], [b]) => a - b);
  return {
    ...{ label, truePositives, falsePositives, trueNegatives, falseNegatives },
    ...rocArea({
      positives: ranked.map(([probability, count]) => probability * count),
      negatives: ranked.map(([probability, count]) => (1 - probability) * count),
    }),
  };
}
