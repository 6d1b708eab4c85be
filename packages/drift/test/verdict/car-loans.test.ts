import { judgeDrift, type DriftWindow } from '@fairlead/drift';
import type { FeatureBaseline } from '@fairlead/windows';
import { expect, test } from 'vitest';
import {
  countNumbers,
  countTexts,
  hourOf,
  numberBaseline,
  textBaseline,
} from '../support/count-values.ts';
import { readTable } from '../support/read-table.ts';

const reference = readTable('car-loan/reference');
const analysis = readTable('car-loan/analysis');
const numbers = ['car_value', 'debt_to_income_ratio', 'driver_tenure', 'y_pred_proba'];
const texts = [
  'salary_range',
  'loan_length',
  'repaid_loan_on_prev_car',
  'size_of_downpayment',
  'y_pred',
];

const features: readonly FeatureBaseline[] = [
  ...numbers.map((name) => numberBaseline(name, (reference[name] ?? []).map(Number))),
  ...texts.map((name) => textBaseline(name, reference[name] ?? [])),
];

/** Windows of 500 rows. */
function windowsOf(table: typeof reference): readonly DriftWindow[] {
  return Array.from({ length: 10 }, (_, hour) => {
    const rows = (name: string): readonly string[] =>
      (table[name] ?? []).slice(hour * 500, (hour + 1) * 500);
    const counts = features.map(({ name, bins }) => [
      name,
      bins.kind === 'categories'
        ? countTexts(bins, rows(name))
        : countNumbers(bins, rows(name).map(Number)),
    ]);
    return hourOf(hour, Object.fromEntries(counts) as Parameters<typeof hourOf>[1]);
  });
}

test('the columns of the car loans that shift after 2,500 rows are named, and no others', () => {
  const report = judgeDrift({ features, outputs: [] }, windowsOf(analysis));
  const drifted = report.features.filter(({ status }) => status === 'drift');
  expect(drifted.map(({ name }) => name)).toEqual([
    'car_value',
    'y_pred_proba',
    'salary_range',
    'loan_length',
    'repaid_loan_on_prev_car',
  ]);
  // The shift begins in the sixth window.
  for (const { since } of drifted) expect(since).toBe(report.rules.windowMs * 5);
  const [carValue, , salary] = drifted;
  expect(carValue?.explanation).toMatch(
    /^Mean from 29660 to 49020 \(\+0\.9482 standard deviations\); median from 22010 to 45170;/,
  );
  expect(salary?.explanation).toMatch(/^Share of "60K\+ €" from 11\.3 % to 0\.733 %;/);
});

test('the reference rows of the car loans have not drifted', () => {
  const report = judgeDrift({ features, outputs: [] }, windowsOf(reference));
  expect(report.summary).toEqual({ drift: 0, ok: features.length, 'insufficient data': 0 });
});
