import {
  DriftError,
  estimateRegressionSums,
  regressionErrors,
  regressionMetrics,
  type RegressionSums,
} from '@fairlead/drift';
import { expect, test } from 'vitest';
import { Random } from '@fairlead/test-support/random';

interface Row {
  readonly prediction: number;
  readonly label: number;
}

function sumsOf(rows: readonly Row[]): RegressionSums {
  const sum = (value: (row: Row) => number): number =>
    rows.reduce((total, row) => total + value(row), 0);
  const error = ({ prediction, label }: Row): number => prediction - label;
  return {
    rows: rows.length,
    labels: sum(({ label }) => label),
    squaredLabels: sum(({ label }) => label ** 2),
    absoluteErrors: sum((row) => Math.abs(error(row))),
    squaredErrors: sum((row) => error(row) ** 2),
    quarticErrors: sum((row) => error(row) ** 4),
  };
}

/** Rows whose errors grow with the prediction. */
function draw(seed: number, rows: number, mean: number): readonly Row[] {
  const random = new Random(seed);
  return Array.from({ length: rows }, () => {
    const prediction = mean + random.normal();
    return { prediction, label: prediction + Math.exp(prediction / 3) * random.normal() };
  });
}

test('metrics of sums are those of the rows', () => {
  // mean_absolute_error, root_mean_squared_error and r2_score of scikit-learn 1.9.1.
  const predictions = [2.5, 0, 2, 8];
  const labels = [3, -0.5, 2, 7];
  const rows = predictions.map((prediction, at) => ({ prediction, label: labels[at] ?? NaN }));
  const { mae, rmse, r2 } = regressionMetrics(sumsOf(rows));
  expect(mae).toBe(0.5);
  expect(rmse).toBeCloseTo(0.6123724356957945, 12);
  expect(r2).toBeCloseTo(0.9486081370449679, 12);
});

test('R² of equal labels is not defined', () => {
  const found = regressionMetrics(sumsOf([{ prediction: 1, label: 2 }]));
  expect(found).toEqual({ mae: 1, rmse: 1, r2: NaN });
});

test('an estimate follows a shift of the predictions', () => {
  const edges = Array.from({ length: 41 }, (_, at) => -3 + at * 0.2);
  const groups = (rows: readonly Row[]): readonly Row[][] => {
    const found: Row[][] = [...edges, 0].map(() => []);
    for (const row of rows) found[edges.filter((edge) => edge <= row.prediction).length]?.push(row);
    return found;
  };
  const labeled = groups(draw(1, 20_000, 0)).map(sumsOf);
  const shifted = draw(2, 20_000, 1);
  const estimated = regressionMetrics(
    estimateRegressionSums(
      labeled,
      groups(shifted).map(({ length }) => length),
    ),
  );
  const measured = regressionMetrics(sumsOf(shifted));
  const before = regressionMetrics(sumsOf(draw(1, 20_000, 0)));
  expect(measured.mae / before.mae).toBeGreaterThan(1.3);
  expect(Math.abs(estimated.mae / measured.mae - 1)).toBeLessThan(0.1);
  expect(Math.abs(estimated.rmse / measured.rmse - 1)).toBeLessThan(0.15);
  expect(Math.abs(estimated.r2 - measured.r2)).toBeLessThan(0.15);
});

test('standard errors are those of repeated samples', () => {
  const runs = Array.from({ length: 400 }, (_, run) => sumsOf(draw(run + 10, 400, 0)));
  const spread = (values: readonly number[]): number => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(
      values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1),
    );
  };
  const errors = regressionErrors(sumsOf(draw(7, 100_000, 0)), 400);
  const metrics = runs.map(regressionMetrics);
  expect(Math.abs(errors.mae / spread(metrics.map(({ mae }) => mae)) - 1)).toBeLessThan(0.15);
  expect(Math.abs(errors.rmse / spread(metrics.map(({ rmse }) => rmse)) - 1)).toBeLessThan(0.25);
  expect(regressionErrors(sumsOf([{ prediction: 1, label: 1 }]), 1)).toMatchObject({ rmse: 0 });
});

test('a group without labels takes the errors of the nearest', () => {
  const none = sumsOf([]);
  const some = sumsOf([{ prediction: 3, label: 1 }]);
  expect(regressionMetrics(estimateRegressionSums([none, none, some], [1, 0, 1])).mae).toBe(2);
});

test.each([
  [() => estimateRegressionSums([], [1]), /0 groups with labels and 1 numbers/],
  [() => estimateRegressionSums([sumsOf([])], [1]), /no group has rows with labels/],
])('%o is rejected with a message that says why', (call, message) => {
  expect(call).toThrow(message);
  expect(call).toThrow(DriftError);
});
