import { expect, test } from 'vitest';
import { simulateFalseAlarms, simulatePower } from './simulate.ts';

// The long form is `npm run soak -- drift`.

test.each([100, 1_000])('windows of %i values like the training table cause no alert', (size) => {
  const found = simulateFalseAlarms({ features: 50, size, seed: size }, 24, false);
  expect(found.alerts).toBe(0);
});

test("Evidently's defaults alert on windows of 100 values like the training table", () => {
  const { evidentlyVerdicts } = simulateFalseAlarms({ features: 5, size: 100, seed: 1 }, 24);
  expect(evidentlyVerdicts / (5 * 24)).toBeGreaterThan(0.5);
});

test('a shift of 0.2 standard deviations and a spread of 1.25 are found within three windows of 1,000 values', () => {
  const options = { features: 100, size: 1_000, seed: 77 };
  expect(simulatePower(options, 30, { mean: 0.2, spread: 1 }).found).toBeGreaterThanOrEqual(0.9);
  expect(simulatePower(options, 30, { mean: 0, spread: 1.25 }).found).toBeGreaterThanOrEqual(0.85);
  expect(simulatePower(options, 30, { mean: 0, spread: 1 }).found).toBe(0);
});
