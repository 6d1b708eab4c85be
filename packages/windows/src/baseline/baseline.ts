import type { FeatureBaseline } from '../bins/feature-baseline.ts';

/** Name of the format of a stored baseline. */
export const BASELINE_FORMAT = 'fairlead-baseline';
/** Version of that format. */
export const BASELINE_VERSION = 1;

/** Summary of the training table of a version: how its features and outputs are counted, and their counts in the table. */
export interface Baseline {
  /** Rows of the table. */
  readonly rows: number;
  /** Rows that were counted: all, or a random sample of a large table. */
  readonly sampledRows: number;
  readonly features: readonly FeatureBaseline[];
  readonly outputs: readonly FeatureBaseline[];
  /** Scores and labels, where the table had both. */
  readonly calibration?: CalibrationBaseline;
}

/** Scores of a classifier, and how many of the rows had the class as their label. */
export interface CalibrationBaseline {
  /** Name of the output that holds the scores. */
  readonly tensor: string;
  readonly classes: readonly ClassCalibration[];
}

/** Reliability of the scores of one class: rows of similar scores, grouped. */
export interface ClassCalibration {
  /** Label of the class. */
  readonly label: string;
  /** Index of its score along the last dimension of the output. */
  readonly index: number;
  /** Mean score of each group, ascending. */
  readonly scores: readonly number[];
  /** Rows of each group. */
  readonly counts: readonly number[];
  /** Rows of each group whose label is the class. */
  readonly positives: readonly number[];
}
