import type { OutcomeStep } from './compare-means.ts';
import type { OutcomeSums } from './outcome-sums.ts';

/**
 * Skewness of the difference of the means of two variants, of any unit: 0 for an even split, in which it cancels out, and large where the smaller variant has few users of
 * whom a few have most of all outcomes. {@link compareMeans} assumes the normal distribution, and may be trusted where it is at most 0.1.
 *
 * It is estimated from the outcomes of both variants together, as if they were equal; 0 without users of both, or without any variance.
 *
 * @param sumCubes - sum of the cubes of the outcomes of all users; where outcomes are 0 or 1, their sum
 *
 * @example
 * ```ts
 * import { skewnessOfDifference } from '@fairlead/rollout';
 *
 * // 1,000 and 19,000 users, of whom 1 % buy for 100 each.
 * const of = (users: number) => ({ users, sum: users, sumSquares: users * 100 });
 * const skewness = skewnessOfDifference([{ candidate: of(1000), baseline: of(19_000) }], 20_000 * 100 ** 2);
 * console.log(skewness > 0.1); // true
 * ```
 */
export function skewnessOfDifference(steps: readonly OutcomeStep[], sumCubes: number): number {
  const candidate = total(steps.map((step) => step.candidate));
  const baseline = total(steps.map((step) => step.baseline));
  if (candidate.users === 0 || baseline.users === 0) return 0;
  const { users, sum, sumSquares } = total([candidate, baseline]);
  const mean = sum / users;
  const variance = sumSquares / users - mean ** 2;
  if (!(variance > 0)) return 0;
  const third = sumCubes / users - (3 * mean * sumSquares) / users + 2 * mean ** 3;
  const [one, other] = [1 / candidate.users, 1 / baseline.users];
  const uneven = Math.abs(one ** 2 - other ** 2) / (one + other) ** 1.5;
  return (Math.abs(third) / variance ** 1.5) * uneven;
}

function total(sums: readonly OutcomeSums[]): OutcomeSums {
  let [users, sum, sumSquares] = [0, 0, 0];
  for (const each of sums) {
    users += each.users;
    sum += each.sum;
    sumSquares += each.sumSquares;
  }
  return { users, sum, sumSquares };
}
