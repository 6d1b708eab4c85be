import { readFileSync } from 'node:fs';
import {
  baselineClassSums,
  calibrateClassifier,
  classifierMetrics,
  DriftError,
  estimateClassSums,
  estimateMulticlassPerformance,
  performanceLimits,
  samplingErrors,
  type ClassifierMetrics,
  type ClassSums,
} from '@fairlead/drift';
import { createBaseline } from '@fairlead/windows';
import { expect, test } from 'vitest';
import { rocArea } from '../../src/performance/rank-cells.ts';
import { Random } from '@fairlead/test-support/random';
import { readTable } from '../support/read-table.ts';

interface Metric {
  readonly value: readonly number[];
  readonly realized: readonly number[];
  readonly sampling_error: number;
  readonly lower_threshold: number;
  readonly upper_threshold: number;
  readonly lower_confidence_boundary: readonly number[];
  readonly upper_confidence_boundary: readonly number[];
}

interface Estimates {
  readonly metrics: Readonly<Record<string, Metric>>;
}

interface Goldens extends Estimates {
  readonly default: Estimates;
  readonly calibration_decision: { readonly ece_before: number; readonly ece_after: number };
}

const readGoldens = (name: string): Goldens =>
  JSON.parse(
    readFileSync(new URL(`../goldens/${name}/nannyml-cbpe.json`, import.meta.url), 'utf8'),
  ) as Goldens;

const CHUNK = 500;
const names: Readonly<Record<string, keyof ClassifierMetrics>> = {
  ...{ accuracy: 'accuracy', precision: 'precision', recall: 'recall' },
  ...{ specificity: 'specificity', f1: 'f1', roc_auc: 'rocAuc' },
};

/** Rows of one class against the rest. */
function count(
  label: string,
  {
    labels,
    predictions,
    scores,
  }: Record<'labels' | 'predictions', readonly boolean[]> & {
    readonly scores: readonly number[];
  },
): ClassSums {
  const rows = (isLabel: boolean, isPredicted: boolean): number =>
    labels.filter((each, row) => each === isLabel && predictions[row] === isPredicted).length;
  const distinct = [...new Set(scores)].sort((a, b) => a - b);
  const [positives, negatives] = [true, false].map((kind) => {
    const byScore = new Map<number, number>();
    for (const [row, score] of scores.entries()) {
      if (labels[row] === kind) byScore.set(score, (byScore.get(score) ?? 0) + 1);
    }
    return distinct.map((score) => byScore.get(score) ?? 0);
  });
  return {
    label,
    truePositives: rows(true, true),
    falsePositives: rows(false, true),
    trueNegatives: rows(false, false),
    falseNegatives: rows(true, false),
    ...rocArea({ positives: positives ?? [], negatives: negatives ?? [] }),
  };
}

const [reference, analysis] = [readTable('car-loan/reference'), readTable('car-loan/analysis')];
const both = (column: string): readonly string[] => [
  ...(reference[column] ?? []),
  ...(analysis[column] ?? []),
];
const scores = both('y_pred_proba').map(Number);
const labels = both('repaid').map((label) => Number(label) === 1);
const predictions = both('y_pred').map((label) => Number(label) === 1);
const size = reference.repaid?.length ?? 0;
const loans = count('1', {
  labels: labels.slice(0, size),
  predictions: predictions.slice(0, size),
  scores: scores.slice(0, size),
});

/** The reference as a baseline that a push makes. */
const baseline = createBaseline(
  { score: scores.slice(0, size), repaid: reference.repaid ?? [] },
  {
    signature: { inputs: [], outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }] },
    label: 'repaid',
    scores: 'score',
  },
);
const calibration = baseline.calibration ?? { tensor: '', classes: [] };

function close(found: number, expected: number | undefined, tolerance = 1e-6): void {
  expect(Math.abs(found - (expected ?? NaN))).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(expected ?? 1)),
  );
}

test('the baseline of the car loans is calibrated, as NannyML decides', () => {
  const { ece_before: before, ece_after: after } = readGoldens('car-loan').calibration_decision;
  expect(after).toBeLessThan(before);
  const [calibrated] = calibrateClassifier(calibration);
  expect(calibrated?.calibration).toBeDefined();
  // NannyML draws folds with repetition, and takes the error of all of them at once, which has less noise.
  const gain = (calibrated?.errorBefore ?? NaN) - (calibrated?.errorAfter ?? NaN);
  expect(gain).toBeGreaterThan(0.005);
  expect(gain).toBeLessThan(before - after + 0.005);
});

test('scores that are probabilities up to chance are mostly not calibrated, overconfident ones always', () => {
  const decide = (seed: number, overconfidence: number): boolean => {
    const random = new Random(seed);
    const groups = Array.from({ length: 100 }, (_, at) => (at + 0.5) / 100);
    const positives = groups.map((score) => {
      const truth = 0.5 + (score - 0.5) / overconfidence;
      return Array.from({ length: 50 }).filter(() => random.uniform() < truth).length;
    });
    const counts = groups.map(() => 50);
    const [found] = calibrateClassifier({
      tensor: 'score',
      classes: [{ label: '1', index: 0, scores: groups, counts, positives }],
    });
    return found?.calibration !== undefined;
  };
  const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1);
  expect(seeds.filter((seed) => decide(seed, 1)).length).toBeLessThan(14);
  expect(seeds.filter((seed) => decide(seed, 1.5))).toEqual(seeds);
});

test('estimates from the scores of the car loans, counted by score, are those of NannyML', () => {
  const golden = readGoldens('car-loan').default;
  const calibrated = calibrateClassifier(calibration);
  for (let chunk = 0; chunk * CHUNK < scores.length; chunk += 1) {
    const cells = new Map<number, { rows: number; predicted: number }>();
    for (let row = chunk * CHUNK; row < (chunk + 1) * CHUNK; row += 1) {
      const score = scores[row] ?? NaN;
      const cell = cells.get(score) ?? { rows: 0, predicted: 0 };
      cell.rows += 1;
      cell.predicted += predictions[row] === true ? 1 : 0;
      cells.set(score, cell);
    }
    const counted = {
      scores: [...cells.keys()],
      rows: [...cells.values()].map(({ rows }) => rows),
      predicted: [...cells.values()].map(({ predicted }) => predicted),
    };
    const sums = estimateClassSums(calibrated, [counted]);
    const found = classifierMetrics(sums);
    const errors = samplingErrors([loans], CHUNK);
    for (const [name, metric] of Object.entries(names)) {
      const expected = golden.metrics[name];
      close(found[metric], expected?.value[chunk]);
      // NannyML orders rows with equal scores arbitrarily for the error of the area.
      const tolerance = name === 'roc_auc' ? 2e-4 : 1e-6;
      const reach = 3 * errors[metric];
      close(
        Math.max(0, found[metric] - reach),
        expected?.lower_confidence_boundary[chunk],
        tolerance,
      );
      close(
        Math.min(1, found[metric] + reach),
        expected?.upper_confidence_boundary[chunk],
        tolerance,
      );
    }
    close(sums[0]?.truePositives ?? NaN, golden.metrics.true_positive?.value[chunk]);
  }
});

test('metrics with labels, sampling errors and limits of the car loans are those of NannyML', () => {
  const golden = readGoldens('car-loan').default;
  const realized = Array.from({ length: scores.length / CHUNK }, (_, chunk) => {
    const part = <T>(all: readonly T[]): readonly T[] =>
      all.slice(chunk * CHUNK, (chunk + 1) * CHUNK);
    return classifierMetrics([
      count('1', {
        labels: part(labels),
        predictions: part(predictions),
        scores: part(scores),
      }),
    ]);
  });
  const errors = samplingErrors([loans], CHUNK);
  for (const [name, metric] of Object.entries(names)) {
    const expected = golden.metrics[name];
    for (const [chunk, found] of realized.entries())
      close(found[metric], expected?.realized[chunk]);
    close(errors[metric], expected?.sampling_error, name === 'roc_auc' ? 5e-5 : 1e-9);
    const limits = performanceLimits(
      realized.slice(0, size / CHUNK).map((found) => found[metric]),
      [0, 1],
    );
    close(limits.lower, expected?.lower_threshold);
    close(limits.upper, expected?.upper_threshold);
  }
});

test('sampling errors of the card offers, of three classes, are those of NannyML', () => {
  const table = readTable('card-offer/reference');
  const classes = ['highstreet_card', 'prepaid_card', 'upmarket_card'];
  const sums = classes.map((name) =>
    count(name, {
      labels: (table.y_true ?? []).map((label) => label === name),
      predictions: (table.y_pred ?? []).map((label) => label === name),
      scores: (table[`y_pred_proba_${name}`] ?? []).map(Number),
    }),
  );
  const { metrics } = readGoldens('card-offer');
  const errors = samplingErrors(sums, CHUNK);
  for (const metric of ['accuracy', 'precision', 'recall', 'specificity'] as const) {
    close(errors[metric], metrics[metric]?.sampling_error, 1e-9);
  }
  // NannyML leaves out the factor that the variance of F1 has for two classes.
  expect(errors.f1).toBeGreaterThan(metrics.f1?.sampling_error ?? NaN);
});

test('cells of several classes give the estimate of the rows', () => {
  const rows = {
    classes: ['a', 'b', 'c'],
    probabilities: [
      [0.5, 0.2, 0.1, 0.3],
      [0.3, 0.7, 0.1, 0.3],
      [0.2, 0.1, 0.8, 0.4],
    ],
    predictions: ['a', 'b', 'c', 'c'],
  };
  const calibrated = rows.classes.map((label, index) => ({
    ...{ label, index, calibration: undefined, errorBefore: NaN, errorAfter: NaN },
  }));
  const cells = rows.probabilities.map((each, index) => ({
    scores: each,
    rows: each.map(() => 10),
    predicted: rows.predictions.map((name) => (name === rows.classes[index] ? 10 : 0)),
  }));
  const found = classifierMetrics(estimateClassSums(calibrated, cells));
  const expected = estimateMulticlassPerformance(rows);
  for (const metric of Object.values(names)) close(found[metric], expected[metric], 1e-12);
});

test('scores that are good probabilities are not calibrated', () => {
  const grid = Array.from({ length: 101 }, (_, at) => at / 100);
  const [found] = calibrateClassifier({
    tensor: 'score',
    classes: [
      {
        ...{ label: '1', index: 0, scores: grid },
        counts: grid.map(() => 100),
        positives: grid.map((score) => Math.round(100 * score)),
      },
    ],
  });
  expect(found).toHaveProperty('calibration', undefined);
});

test('scores that are no probabilities are always calibrated', () => {
  const groups = { scores: [-3, 4], counts: [4, 4], positives: [1, 3] };
  const [found] = calibrateClassifier({
    tensor: 'margin',
    classes: [{ label: '1', index: 0, ...groups }],
  });
  expect(found).toMatchObject({
    calibration: { probabilities: [0.25, 0.75] },
    errorBefore: NaN,
  });
});

test('the baseline of a binary classifier has its metrics, of several classes none', () => {
  const [sums] = baselineClassSums(calibration, 0.5) ?? [];
  expect(sums?.rocAuc).toBeCloseTo(loans.rocAuc, 12);
  expect(classifierMetrics(sums === undefined ? [] : [sums]).accuracy).toBeCloseTo(0.952, 12);
  const [one] = calibration.classes;
  const two = one === undefined ? [] : [one, one];
  expect(baselineClassSums({ tensor: 'score', classes: two }, 0.5)).toBeUndefined();
});

test('a class without labels and predictions is left out of the means', () => {
  const some = { ...{ rocAuc: NaN, rocAucDeviation: NaN }, trueNegatives: 10 };
  const found = classifierMetrics([
    { label: 'a', ...some, truePositives: 6, falsePositives: 2, falseNegatives: 2 },
    { label: 'b', ...some, truePositives: 0, falsePositives: 0, falseNegatives: 0 },
  ]);
  expect(found).toMatchObject({ accuracy: 0.75, precision: 0.75, recall: 0.75, rocAuc: NaN });
});

test.each([
  [
    () =>
      calibrateClassifier({
        tensor: 'score',
        classes: [{ label: 'yes', index: 0, scores: [], counts: [], positives: [] }],
      }),
    /class "yes" has no rows with a label/,
  ],
  [() => estimateClassSums([], [{ scores: [], rows: [], predicted: [] }]), /0 classes and 1 list/],
  [
    () =>
      estimateClassSums(calibrateClassifier(calibration), [
        { scores: [1], rows: [], predicted: [] },
      ]),
    /1 scores, 0 rows and 0 predicted/,
  ],
  [
    () =>
      estimateClassSums(
        [{ label: '1', index: 0, calibration: undefined, errorBefore: 0, errorAfter: 0 }],
        [{ scores: [1.5], rows: [1], predicted: [1] }],
      ),
    /the score 1.5, which is no probability/,
  ],
  [() => baselineClassSums(calibration, NaN), /threshold must be a number/],
  [() => performanceLimits([NaN], [0, 1]), /no value is a number/],
  [() => performanceLimits([2], [0, 1]), /a value must be a number from 0 to 1/],
])('%o is rejected with a message that says why', (call, message) => {
  expect(call).toThrow(message);
  expect(call).toThrow(DriftError);
});
