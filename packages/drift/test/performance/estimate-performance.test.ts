import { readFileSync } from 'node:fs';
import {
  calibrateScores,
  DriftError,
  estimateMulticlassPerformance,
  estimatePerformance,
  fitIsotonic,
} from '@fairlead/drift';
import { expect, test } from 'vitest';
import { readTable } from '../support/read-table.ts';

interface Estimates {
  readonly metrics: Readonly<Record<string, { readonly value: readonly number[] }>>;
}

interface Goldens extends Estimates {
  readonly default: Estimates;
  readonly uncalibrated: Estimates;
  readonly isotonic_on_all_reference: {
    readonly x_thresholds: readonly number[];
    readonly y_thresholds: readonly number[];
  };
}

const readGoldens = (name: string): Goldens =>
  JSON.parse(
    readFileSync(new URL(`../goldens/${name}/nannyml-cbpe.json`, import.meta.url), 'utf8'),
  ) as Goldens;

/** Rows of the reference data, then those of the analysis. */
function rowsOf(name: string): (column: string) => readonly string[] {
  const [reference, analysis] = [readTable(`${name}/reference`), readTable(`${name}/analysis`)];
  return (column) => [...(reference[column] ?? []), ...(analysis[column] ?? [])];
}

const metrics = {
  accuracy: 'accuracy',
  precision: 'precision',
  recall: 'recall',
  specificity: 'specificity',
  f1: 'f1',
  roc_auc: 'rocAuc',
} as const;
const counts = {
  true_positive: 'truePositives',
  false_positive: 'falsePositives',
  true_negative: 'trueNegatives',
  false_negative: 'falseNegatives',
} as const;

function expectClose(found: number, expected: number | undefined): void {
  expect(Math.abs(found - (expected ?? NaN))).toBeLessThanOrEqual(
    1e-6 * Math.max(1, expected ?? 1),
  );
}

const CHUNK = 500;
const loans = rowsOf('car-loan');
const scores = loans('y_pred_proba').map(Number);
const labels = readTable('car-loan/reference').repaid?.map((label) => Number(label) === 1) ?? [];

test('the calibration of the car loans is that of scikit-learn', () => {
  const golden = readGoldens('car-loan').isotonic_on_all_reference;
  const calibration = fitIsotonic(scores.slice(0, labels.length), labels);
  expect(calibration.scores).toEqual(golden.x_thresholds);
  for (const [index, probability] of calibration.probabilities.entries()) {
    expect(probability).toBeCloseTo(golden.y_thresholds[index] ?? NaN, 12);
  }
});

test.each(['default', 'uncalibrated'] as const)(
  'estimates for the car loans are those of NannyML: %s',
  (variant) => {
    const golden = readGoldens('car-loan')[variant];
    const calibration = fitIsotonic(scores.slice(0, labels.length), labels);
    const probabilities = variant === 'default' ? calibrateScores(calibration, scores) : scores;
    const predictions = loans('y_pred').map((value) => value === '1');
    for (let chunk = 0; chunk * CHUNK < scores.length; chunk += 1) {
      const [from, to] = [chunk * CHUNK, (chunk + 1) * CHUNK];
      const found = estimatePerformance({
        probabilities: probabilities.slice(from, to),
        predictions: predictions.slice(from, to),
      });
      for (const [name, metric] of Object.entries({ ...metrics, ...counts })) {
        expectClose(found[metric], golden.metrics[name]?.value[chunk]);
      }
    }
  },
);

test('estimates for the card offers, of three classes, are those of NannyML', () => {
  const golden = readGoldens('card-offer');
  const offers = rowsOf('card-offer');
  const classes = ['highstreet_card', 'prepaid_card', 'upmarket_card'];
  const byClass = classes.map((name) => offers(`y_pred_proba_${name}`).map(Number));
  const predictions = offers('y_pred');
  for (let chunk = 0; chunk * CHUNK < predictions.length; chunk += 1) {
    const [from, to] = [chunk * CHUNK, (chunk + 1) * CHUNK];
    const found = estimateMulticlassPerformance({
      classes,
      probabilities: byClass.map((each) => each.slice(from, to)),
      predictions: predictions.slice(from, to),
    });
    for (const [name, metric] of Object.entries(metrics)) {
      expectClose(found[metric], golden.metrics[name]?.value[chunk]);
    }
  }
});

test('scores outside of the calibration have the probability of its ends', () => {
  const calibration = fitIsotonic([0.2, 0.4], [false, true]);
  expect(calibrateScores(calibration, [-1, 0.2, 0.3, 0.4, 9])).toEqual([
    0,
    0,
    expect.closeTo(0.5, 12),
    1,
    1,
  ]);
  expect(calibrateScores(fitIsotonic([3], [true]), [0, 3, 5])).toEqual([1, 1, 1]);
});

test('labels that fall with the score have one probability', () => {
  const calibration = fitIsotonic([1, 2, 3, 4], [true, true, false, false]);
  expect(calibration).toEqual({ scores: [1, 4], probabilities: [0.5, 0.5] });
});

test('a metric that is not defined is NaN', () => {
  const found = estimatePerformance({ probabilities: [0, 0], predictions: [false, false] });
  expect(found).toMatchObject({
    accuracy: 1,
    precision: NaN,
    recall: NaN,
    rocAuc: NaN,
    trueNegatives: 2,
  });
});

test.each([
  [() => fitIsotonic([], []), /0 scores and 0 labels/],
  [() => fitIsotonic([1], []), /1 scores and 0 labels/],
  [() => fitIsotonic([NaN], [true]), /a score must be a number/],
  [() => calibrateScores({ scores: [], probabilities: [] }, [1]), /Use a result of fitIsotonic/],
  [
    () => estimatePerformance({ probabilities: [1.5], predictions: [true] }),
    /1.5 is not a probability/,
  ],
  [
    () => estimatePerformance({ probabilities: [1], predictions: [] }),
    /1 probabilities and 0 predictions/,
  ],
  [
    () => estimateMulticlassPerformance({ classes: ['a'], probabilities: [], predictions: [] }),
    /1 classes and 0 lists/,
  ],
  [
    () =>
      estimateMulticlassPerformance({ classes: ['a'], probabilities: [[1]], predictions: ['b'] }),
    /"b" is no class/,
  ],
])('%o is rejected with a message that says why', (call, message) => {
  expect(call).toThrow(message);
  expect(call).toThrow(DriftError);
});
