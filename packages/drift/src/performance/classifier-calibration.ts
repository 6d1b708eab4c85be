import type { CalibrationBaseline, ClassCalibration } from '@fairlead/windows';
import { invalidOption } from '../check-options.ts';
import { calibrateScores, fitGroups, type IsotonicCalibration } from './isotonic-calibration.ts';
import type { ScoreGroup } from './isotonic-calibration.ts';

/** Calibration of the scores of one class. */
export interface CalibratedClass {
  readonly label: string;
  /** Index of its score along the last dimension of the output. */
  readonly index: number;
  /** Map from scores to probabilities; undefined where the scores are at least as close to the labels without one. */
  readonly calibration: IsotonicCalibration | undefined;
  /** Mean distance of scores and shares of labels, in ten groups of rows; NaN with fewer than 100 rows. */
  readonly errorBefore: number;
  /** The same of calibrated scores, of rows that the calibration wasn't fitted to. */
  readonly errorAfter: number;
}

/** Rows are divided into so many parts, each calibrated by a fit to the others. */
const FOLDS = 10;
/** With fewer rows a fit isn't judged: the scores stay as they are. */
const MIN_ROWS = 100;
/** Groups of rows of the calibration error. */
const ERROR_BINS = 10;

/**
 * Fits the calibration of a classifier to the rows with labels of its baseline; a class has one only if it lowers the calibration error of rows that weren't
 * fitted, or if its scores aren't between 0 and 1.
 *
 * The error is the expected calibration error of ten groups of equal size, its mean over ten folds; a hash of the place of a row decides about its fold, so that
 * the result is always the same.
 *
 * Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, *Obtaining Well Calibrated Probabilities Using Bayesian Binning*, 2015
 *
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` for a class without rows
 *
 * @example
 * ```ts
 * import { calibrateClassifier } from '@fairlead/drift';
 *
 * const overconfident = { label: '1', index: 0, scores: [0.1, 0.9], counts: [100, 100], positives: [30, 70] };
 * const [calibrated] = calibrateClassifier({ tensor: 'score', classes: [overconfident] });
 * console.log(calibrated?.calibration?.probabilities); // [ 0.3, 0.7 ]
 * ```
 */
export function calibrateClassifier({ classes }: CalibrationBaseline): readonly CalibratedClass[] {
  return classes.map(calibrateClass);
}

function calibrateClass({ label, index, ...rows }: ClassCalibration): CalibratedClass {
  const groups = groupsOf(rows);
  if (groups.length === 0) {
    throw invalidOption(
      `calibrateClassifier: class ${JSON.stringify(label)} has no rows with a label.`,
    );
  }
  const total = groups.reduce((sum, group) => sum + group.rows, 0);
  const calibration = fitGroups(groups);
  const areProbabilities = groups.every(({ score }) => score >= 0 && score <= 1);
  const [errorBefore, errorAfter] = total < MIN_ROWS ? [NaN, NaN] : compareErrors(groups);
  const isBetter = !areProbabilities || errorAfter < errorBefore;
  return { label, index, calibration: isBetter ? calibration : undefined, errorBefore, errorAfter };
}

function groupsOf({
  scores,
  counts,
  positives,
}: Omit<ClassCalibration, 'label' | 'index'>): readonly ScoreGroup[] {
  return scores.flatMap((score, at) => {
    const rows = counts[at] ?? 0;
    return rows === 0 ? [] : [{ score, rows, positives: positives[at] ?? 0 }];
  });
}

interface Predicted extends ScoreGroup {
  readonly value: number;
}

/** Calibration errors of the scores, and of the scores calibrated by the other folds. */
function compareErrors(groups: readonly ScoreGroup[]): readonly [before: number, after: number] {
  const folds = divide(groups);
  const errors = folds.map((fold) => {
    const rest = groups.flatMap(({ score, rows, positives }, at) => {
      const left = rows - (fold[at]?.rows ?? 0);
      const gained = positives - (fold[at]?.positives ?? 0);
      return left === 0 ? [] : [{ score, rows: left, positives: gained }];
    });
    const calibration = fitGroups(rest);
    const held = fold.filter(({ rows }) => rows > 0);
    const values = calibrateScores(
      calibration,
      held.map(({ score }) => score),
    );
    return [
      calibrationError(held.map((group) => ({ ...group, value: group.score }))),
      calibrationError(held.map((group, at) => ({ ...group, value: values[at] ?? NaN }))),
    ] as const;
  });
  const mean = (which: 0 | 1): number =>
    errors.reduce((sum, error) => sum + error[which], 0) / errors.length;
  return [mean(0), mean(1)];
}

/** Divides the rows into folds, each with the groups in the same order. */
function divide(groups: readonly ScoreGroup[]): readonly (readonly ScoreGroup[])[] {
  const folds = Array.from({ length: FOLDS }, () =>
    groups.map(({ score }) => ({ score, rows: 0, positives: 0 })),
  );
  let place = 0;
  for (const [at, { rows, positives }] of groups.entries()) {
    for (let row = 0; row < rows; row += 1) {
      const part = folds[hashOf(place) % FOLDS]?.[at];
      place += 1;
      if (part === undefined) continue;
      part.rows += 1;
      part.positives += row < positives ? 1 : 0;
    }
  }
  return folds;
}

/** Finalizer of MurmurHash3 by A. Appleby. */
function hashOf(place: number): number {
  let hash = place | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Mean distance of values and shares of labels in groups of equal size, weighted by their rows. */
function calibrationError(rows: readonly Predicted[]): number {
  const total = rows.reduce((sum, each) => sum + each.rows, 0);
  const differences = Array.from({ length: ERROR_BINS }, () => 0);
  let [start, stop] = [0, 0];
  for (const each of rows) {
    stop += each.rows;
    const difference = each.positives / each.rows - each.value;
    // Rows with one score belong to several groups when they are many.
    while (start < stop) {
      const bin = Math.floor((start * ERROR_BINS) / total);
      const end = Math.min(stop, Math.ceil(((bin + 1) * total) / ERROR_BINS));
      differences[bin] = (differences[bin] ?? 0) + (end - start) * difference;
      start = end;
    }
  }
  return differences.reduce((sum, difference) => sum + Math.abs(difference), 0) / total;
}
