import { meanInterval } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { goldenNumber, readSequentialGolden, relativeError } from './golden-streams.ts';
import { maxFalseAlarms, Random, sumsOf } from './simulated-outcomes.ts';

/** Users for whom the test is planned where ville has found ρ² by a search. */
function plannedUsers(rho: number): number {
  const limit = -2 * Math.log(0.05);
  return 4 * rho * (limit + Math.log(1 + limit));
}

function expectEqual(
  values: readonly number[],
  { checkpoints }: { readonly checkpoints: readonly number[] },
  expected: ReturnType<ReturnType<typeof readSequentialGolden>['ville']>,
  rho: number,
): void {
  const options = { alpha: 0.05, plannedUsers: plannedUsers(rho) };
  for (const [index, rows] of checkpoints.entries()) {
    const interval = meanInterval(sumsOf(values.slice(0, rows)), options);
    if (interval.lower === -Infinity && expected.lower[index] === expected.upper[index]) {
      // A width of 0 where all outcomes were equal so far, which is no evidence that later ones will be.
      expect(new Set(values.slice(0, rows)).size).toBe(1);
      continue;
    }
    for (const name of ['estimate', 'lower', 'upper'] as const) {
      const value = goldenNumber(expected[name][index]);
      expect(relativeError(interval[name], value)).toBeLessThan(1e-9);
    }
  }
}

describe('meanInterval', () => {
  it.each(['bernoulli_null', 'bernoulli_shifted', 'bernoulli_rare', 'uniform', 'gauss_shifted'])(
    'equals ville on %s',
    (file) => {
      const golden = readSequentialGolden(file);
      const expected = golden.ville('AsymptoticCS(');
      expectEqual(golden.values, golden, expected, expected.rho);
    },
  );

  it.each(['ab_null', 'ab_effect'])('equals the A/B test of ville on %s', (file) => {
    const golden = readSequentialGolden(file);
    // The A/B test of ville estimates the mean of these, whose mean is the difference.
    let sum = 0;
    const outcomes = golden.values.map((value, row) => {
      const center = row === 0 ? 0 : sum / row;
      sum += value;
      return (value - center) * (golden.arms[row] === 1 ? 2 : -2);
    });
    const { rho } = readSequentialGolden('uniform').ville('AsymptoticCS(');
    const expected = golden.ville('AsymptoticABTest(');
    expectEqual(outcomes, golden, expected, rho);
    const options = { alpha: 0.05, plannedUsers: plannedUsers(rho) };
    const stop = outcomes.findIndex((_, row) => {
      const { lower, upper } = meanInterval(sumsOf(outcomes.slice(0, row + 1)), options);
      return lower > 0 || upper < 0;
    });
    expect(stop === -1 ? null : stop + 1).toBe(expected.stopping_time);
  });

  it('is unlimited before there are enough users, and without any variance', () => {
    const options = { alpha: 0.05, plannedUsers: 1000 };
    const few = meanInterval({ users: 99, sum: 50, sumSquares: 50 }, options);
    expect(few).toEqual({ lower: -Infinity, estimate: 50 / 99, upper: Infinity });
    const equal = meanInterval({ users: 500, sum: 1000, sumSquares: 2000 }, options);
    expect(equal).toEqual({ lower: -Infinity, estimate: 2, upper: Infinity });
    const none = meanInterval({ users: 0, sum: 0, sumSquares: 0 }, options);
    expect(none).toEqual({ lower: -Infinity, estimate: 0, upper: Infinity });
    const enough = { ...options, minUsers: 50 };
    expect(meanInterval({ users: 99, sum: 50, sumSquares: 50 }, enough).lower).toBeGreaterThan(0);
  });

  it('contains the mean at every look', () => {
    const random = new Random(7);
    const runs = 1000;
    let wrong = 0;
    for (let run = 0; run < runs; run += 1) {
      const sums = { users: 0, sum: 0, sumSquares: 0 };
      let missed = false;
      for (let user = 1; user <= 2000; user += 1) {
        const value = Math.exp(random.normal());
        sums.users += 1;
        sums.sum += value;
        sums.sumSquares += value * value;
        if (user % 100 !== 0) continue;
        const { lower, upper } = meanInterval(sums, { alpha: 0.05, plannedUsers: 2000 });
        missed ||= lower > Math.exp(0.5) || upper < Math.exp(0.5);
      }
      if (missed) wrong += 1;
    }
    expect(wrong / runs).toBeLessThanOrEqual(maxFalseAlarms(runs));
  });

  it.each<[string, object, object, string]>([
    [
      'half a user',
      { users: 0.5 },
      {},
      'meanInterval: outcomes.users must be an integer from 0 to 9007199254740991, got 0.5.',
    ],
    [
      'a sum that is no number',
      { sum: NaN },
      {},
      'meanInterval: outcomes.sum must be a finite number, got NaN.',
    ],
    [
      'a sum of squares that no outcomes have',
      { sumSquares: 249 },
      {},
      'meanInterval: outcomes.sumSquares must be at least sum² / users, 250, got 249; add the square of each outcome.',
    ],
    [
      'a sum without users',
      { users: 0 },
      {},
      'meanInterval: outcomes has a sum of 500 without users; count each user once.',
    ],
    ['an alpha of 0', {}, { alpha: 0 }, 'meanInterval: alpha must be a number from'],
    [
      'a plan of 3 users',
      {},
      { plannedUsers: 3 },
      'meanInterval: plannedUsers must be a number from 4 to 9007199254740991, got 3.',
    ],
    [
      'a minimum of one user',
      {},
      { minUsers: 1 },
      'meanInterval: minUsers must be an integer from 2 to 9007199254740991, got 1.',
    ],
    [
      'a misspelled option',
      {},
      { planedUsers: 3 },
      'meanInterval: unknown option "planedUsers". Did you mean `plannedUsers`?',
    ],
  ])('rejects %s', (_, outcomes, options, message) => {
    const sums = { users: 1000, sum: 500, sumSquares: 500, ...outcomes };
    expect(() => meanInterval(sums, { alpha: 0.05, plannedUsers: 1000, ...options })).toThrow(
      message,
    );
  });
});
