import type { OutcomeSums } from '../statistics/outcome-sums.ts';
import type { MetricTotals } from './count-outcomes.ts';

/**
 * Skewness of the difference of the means of two variants: 0 for an even split, in which it cancels out, and large where the smaller variant has few users, of whom a
 * few have most of all outcomes. The normal distribution, and so the intervals, are right where it is small.
 *
 * It is estimated from the outcomes of both variants, as if they were equal.
 */
export function skewnessOfDifference({
  steps,
  sumCubes,
}: Pick<MetricTotals, 'steps' | 'sumCubes'>): number {
  const candidate = total(steps.map((step) => step.candidate));
  const baseline = total(steps.map((step) => step.baseline));
  const { users, sum, sumSquares } = total([candidate, baseline]);
  if (candidate.users === 0 || baseline.users === 0) return 0;
  const mean = sum / users;
  const variance = sumSquares / users - mean ** 2;
  if (!(variance > 0)) return 0;
  const third = sumCubes / users - (3 * mean * sumSquares) / users + 2 * mean ** 3;
  const [small, large] = [1 / candidate.users, 1 / baseline.users];
  return (
    (Math.abs(third) / variance ** 1.5) *
    (Math.abs(small ** 2 - large ** 2) / (small + large) ** 1.5)
  );
}

function total(sums: readonly OutcomeSums[]): OutcomeSums {
  return sums.reduce(
    (all, { users, sum, sumSquares }) => ({
      users: all.users + users,
      sum: all.sum + sum,
      sumSquares: all.sumSquares + sumSquares,
    }),
    { users: 0, sum: 0, sumSquares: 0 },
  );
}
