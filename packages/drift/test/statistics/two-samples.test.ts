import { kolmogorovSmirnov, wasserstein } from '@fairlead/drift';
import { expect, test } from 'vitest';

import { exactP, limitP, stephensP } from '../../src/statistics/kolmogorov-smirnov.ts';
import { numbersOf, readGoldens } from '../support/goldens.ts';

const goldens = readGoldens('numerical').map(({ id, reference, current, scipy }) => ({
  ...{ id, scipy },
  reference: numbersOf(reference),
  current: numbersOf(current),
}));

test.each(goldens)('Kolmogorov and Smirnov of $id', ({ reference, current, scipy }) => {
  const golden = scipy.ks_2samp;
  const { statistic, location, sign } = kolmogorovSmirnov(reference, current);
  expect(statistic).toBeCloseTo(golden.D, 12);
  if (golden.D > 0) expect([location, sign]).toEqual([golden.location, golden.sign]);
  const [n, m] = [reference.length, current.length];
  expect(limitP(statistic, n, m) / golden.p_limit).toBeCloseTo(1, 9);
  if (golden.p_exact === undefined || n * m > 1e6) return;
  const exact = exactP(statistic, n, m);
  expect(Math.abs(exact / golden.p_exact - 1)).toBeLessThan(1e-6);
  // Nearer than the limit, whose error is 5 % and more here.
  if (exact > 1e-4 && exact < 0.5) expect(stephensP(statistic, n, m) / exact).toBeCloseTo(1, 0);
});

test.each(goldens)('Wasserstein distance of $id', ({ reference, current, scipy }) => {
  const found = wasserstein(reference, current);
  expect(Math.abs(found - scipy.wasserstein_distance)).toBeLessThanOrEqual(
    1e-11 * Math.max(1, scipy.wasserstein_distance),
  );
  expect(wasserstein(current, reference)).toBeCloseTo(found, 10);
});

test('the exact probability of a small case is that of counting', () => {
  // 20 orders of 3 and 3 values: D = 1 for two of them, D ≥ 2/3 for twelve.
  expect(exactP(1, 3, 3)).toBeCloseTo(2 / 20, 15);
  expect(exactP(2 / 3, 3, 3)).toBeCloseTo(12 / 20, 15);
  expect(exactP(0, 3, 3)).toBe(1);
});
