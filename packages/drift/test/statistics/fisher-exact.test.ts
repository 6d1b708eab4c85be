import { expect, test } from 'vitest';
import { fisherP } from '../../src/statistics/fisher-exact.ts';

test('probabilities are those of counting', () => {
  // Tea tasting: 8 cups, 4 marked; 3 of 4 or more in the sample is 17 of 70 orders.
  expect(fisherP(1, 4, 3, 4)).toBeCloseTo((2 * 17) / 70, 14);
  expect(fisherP(3, 4, 1, 4)).toBeCloseTo((2 * 17) / 70, 14);
  // All 5 marked ones among 5 of 10.
  expect(fisherP(0, 5, 5, 5)).toBeCloseTo(2 / 252, 14);
  expect(fisherP(5, 5, 0, 5)).toBeCloseTo(2 / 252, 14);
});

test('equal shares are not significant, and tails of large samples are finite', () => {
  expect(fisherP(100, 10_000, 10, 1_000)).toBe(1);
  expect(fisherP(0, 10_000, 0, 100)).toBe(1);
  const p = fisherP(10, 1_000_000, 5_000, 100_000);
  expect(p).toBeGreaterThanOrEqual(0);
  expect(p).toBeLessThan(1e-200);
});

test('large samples are judged by the normal distribution, near the exact probability', () => {
  // A variance of 9,995 is summed exactly, one of 10,040 is not.
  const exact = fisherP(22_000, 200_000, 22_330, 200_000);
  const normal = fisherP(22_120, 200_000, 22_450, 200_000);
  expect(normal / exact).toBeCloseTo(1, 1);
  expect(normal).toBeLessThan(0.2);
  expect(fisherP(3e13, 1e14, 3e13 + 1e7, 1e14)).toBeGreaterThan(0);
  expect(fisherP(0, 1e15, 1e14, 1e15)).toBe(0);
});
