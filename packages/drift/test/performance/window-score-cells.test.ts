import {
  calibrateClassifier,
  classifierMetrics,
  DriftError,
  estimateClassSums,
  estimatePerformance,
  windowScoreCells,
  type ClassifierMetrics,
} from '@fairlead/drift';
import { BinCounter, createBaseline, mergeCounts, type Baseline } from '@fairlead/windows';
import { expect, test } from 'vitest';
import { readTable } from '../support/read-table.ts';

const reference = readTable('car-loan/reference');
const analysis = (readTable('car-loan/analysis').y_pred_proba ?? []).map(Number);
const signature = {
  inputs: [],
  outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
} as const;

const baselineOf = (scores: readonly number[]): Baseline =>
  createBaseline(
    { score: scores, repaid: reference.repaid ?? [] },
    { signature, label: 'repaid', scores: 'score' },
  );

/** Estimates from the counts of two hosts, and from the rows. */
function estimate(
  training: readonly number[],
  scores: readonly number[],
): readonly [ClassifierMetrics, ClassifierMetrics] {
  const baseline = baselineOf(training);
  const hosts = [0, 1].map((host) => {
    const counter = new BinCounter(baseline.outputs[0]?.bins ?? { kind: 'values', values: [] });
    for (const [row, score] of scores.entries()) if (row % 2 === host) counter.addNumber(score);
    return counter.counts();
  });
  const uncalibrated = calibrateClassifier(baseline.calibration ?? { tensor: '', classes: [] }).map(
    (each) => ({ ...each, calibration: undefined }),
  );
  const cells = windowScoreCells(baseline, [{ name: 'score', counts: mergeCounts(hosts) }], 0.5);
  return [
    classifierMetrics(estimateClassSums(uncalibrated, cells ?? [])),
    estimatePerformance({
      probabilities: scores,
      predictions: scores.map((score) => score >= 0.5),
    }),
  ];
}

const metrics = ['accuracy', 'precision', 'recall', 'specificity', 'f1', 'rocAuc'] as const;
const training = (reference.y_pred_proba ?? []).map(Number);

test('windows with up to 64 scores give the estimate of the rows', () => {
  const coarse = (scores: readonly number[]): readonly number[] =>
    scores.map((score) => Math.round(score * 50) / 50);
  const [found, expected] = estimate(coarse(training), coarse(analysis.slice(2500)));
  for (const metric of metrics) expect(found[metric]).toBeCloseTo(expected[metric], 12);
});

test('windows with more scores give nearly the estimate of the rows', () => {
  // More than 64 different scores in the training: bins between quantiles.
  const spread = (scores: readonly number[]): readonly number[] =>
    scores.map((score, row) => Math.min(1, score + (row % 10) / 1000));
  const [found, expected] = estimate(spread(training), spread(analysis.slice(2500)));
  for (const metric of metrics) {
    expect(Math.abs(found[metric] - expected[metric]), metric).toBeLessThan(0.01);
  }
});

test('scores out of the range of the training table have its smallest and largest score', () => {
  const baseline = baselineOf(training.map((score) => (score < 0.5 ? 0.25 : 0.75)));
  const counter = new BinCounter(baseline.outputs[0]?.bins ?? { kind: 'values', values: [] });
  for (const score of [0.1, 0.25, 0.9]) counter.addNumber(score);
  const outputs = [{ name: 'score', counts: counter.counts() }];
  expect(windowScoreCells(baseline, outputs, 0.5)).toEqual([
    { scores: [0.25, 0.25, 0.75], rows: [1, 1, 1], predicted: [0, 0, 1] },
  ]);
});

test('there are none without a calibration, without counts, and for several classes', () => {
  const { calibration, ...plain } = baselineOf(training);
  expect(windowScoreCells(plain, [], 0.5)).toBeUndefined();
  expect(windowScoreCells(baselineOf(training), [], 0.5)).toBeUndefined();
  const classes = [...(calibration?.classes ?? []), ...(calibration?.classes ?? [])];
  const several = { ...plain, calibration: { tensor: 'score', classes } };
  expect(windowScoreCells(several, [], 0.5)).toBeUndefined();
  expect(() => windowScoreCells(plain, [], NaN)).toThrow(DriftError);
});
