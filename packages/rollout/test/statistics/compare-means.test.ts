import { compareMeans, type OutcomeStep, type OutcomeSums } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { readSequentialGolden, relativeError } from './golden-streams.ts';
import { maxFalseAlarms, poolSteps, Random, simulateSteps } from './simulated-outcomes.ts';

const peeks = ['ab_null', 'ab_effect'].flatMap((file) =>
  readSequentialGolden(file).peeks.map((peek) => ({ file, ...peek })),
);

/** Sums of conversions. */
const conversions = (users: number, sum: number): OutcomeSums => ({ users, sum, sumSquares: sum });

/** Sums of conversions whose sample variance is that of a binomial distribution, without Bessel's correction. */
function binomial(users: number, sum: number): OutcomeSums {
  const mean = sum / users;
  return { users, sum, sumSquares: users * mean ** 2 + (users - 1) * mean * (1 - mean) };
}

/** 3 units more in each step, of which the second one has a level of 100. */
const levels: readonly OutcomeStep[] = [
  {
    candidate: { users: 200, sum: 200 * 13, sumSquares: 200 * (13 ** 2 + 4) },
    baseline: { users: 1800, sum: 1800 * 10, sumSquares: 1800 * (10 ** 2 + 4) },
  },
  {
    candidate: { users: 1000, sum: 1000 * 103, sumSquares: 1000 * (103 ** 2 + 4) },
    baseline: { users: 1000, sum: 1000 * 100, sumSquares: 1000 * (100 ** 2 + 4) },
  },
];

/** Day on which all users convert most at noon. */
const cycle = (time: number): number => 1 + 0.8 * Math.sin(2 * Math.PI * time);

describe('compareMeans', () => {
  it.each(peeks)('equals gbstats on $file at $t users', (peek) => {
    const { n_a: usersA, n_b: usersB } = peek;
    // GrowthBook counts users of an uneven split like those of an even one.
    const even = (4 * usersA * usersB) / (usersA + usersB);
    const plannedUsers = (4 * 5000 * even) / (usersA + usersB);
    for (const [kind, sums] of [
      ['mean', conversions],
      ['proportion', binomial],
    ] as const) {
      const step = { candidate: sums(usersB, peek.sum_b), baseline: sums(usersA, peek.sum_a) };
      const result = compareMeans([step], { alpha: 0.05, plannedUsers, minUsers: 2 });
      const absolute = peek[`absolute ${kind}`];
      const relative = peek[`relative ${kind}`];
      const p = Math.min(1, Math.exp(-result.logEvidence));
      for (const [actual, expected] of [
        [result.difference, absolute.estimate],
        [result.lower, absolute.sequential_ci[0]],
        [result.upper, absolute.sequential_ci[1]],
        [p, absolute.sequential_p],
        [result.lift?.estimate, relative.estimate],
        [result.lift?.lower, relative.sequential_ci[0]],
        [result.lift?.upper, relative.sequential_ci[1]],
      ] as const) {
        expect(relativeError(actual ?? NaN, expected)).toBeLessThan(1e-9);
      }
    }
  });

  it('compares within steps', () => {
    const options = { alpha: 0.05, plannedUsers: 4000 };
    const { difference, lower, upper, lift } = compareMeans(levels, options);
    expect(difference).toBeCloseTo(3, 10);
    expect(lower).toBeGreaterThan(2.6);
    expect(upper).toBeLessThan(3.4);
    // The baseline's mean with the weights 180 and 500.
    const baseline = (180 * 10 + 500 * 100) / 680;
    expect(lift?.estimate).toBeCloseTo(3 / baseline, 10);
    expect(compareMeans([poolSteps(levels)], options).difference).toBeGreaterThan(40);
  });

  it('the interval excludes 0 when the evidence reaches 1 / alpha', () => {
    for (let sum = 100; sum < 220; sum += 1) {
      const step = { candidate: conversions(1000, sum), baseline: conversions(3000, 480) };
      const options = { alpha: 0.05, plannedUsers: 8000, binary: true };
      const { lower, upper, logEvidence } = compareMeans([step], options);
      expect(lower > 0 || upper < 0).toBe(logEvidence > Math.log(20));
    }
  });

  it.each([
    ['lognormal latencies, half of the users', [0.5], false],
    ['lognormal latencies, a tenth of the users', [0.1], false],
    ['conversions of 1 %, half of the users', [0.5], true],
    ['conversions of 1 %, a tenth of the users', [0.1], true],
  ] as const)('has no more false alarms than alpha: %s', (_, shares, binary) => {
    const random = new Random(11);
    const users = binary ? 5000 : 2000;
    const outcome = (): number =>
      binary ? Number(random.uniform() < 0.01) : Math.exp(random.normal());
    const runs = 2000;
    let [alarms, judged] = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      let [max, widest] = [0, Infinity];
      const looks = simulateSteps({
        random,
        shares,
        usersPerStep: users,
        looksPerStep: 10,
        outcome,
      });
      for (const steps of looks) {
        const result = compareMeans(steps, { alpha: 0.05, plannedUsers: users, binary });
        max = Math.max(max, result.logEvidence);
        widest = result.upper - result.lower;
      }
      if (max >= Math.log(20)) alarms += 1;
      if (widest < Infinity) judged += 1;
    }
    expect(alarms / runs).toBeLessThanOrEqual(maxFalseAlarms(runs));
    // A test that never has an interval has no false alarms either.
    expect(judged / runs).toBeGreaterThan(binary && shares[0] < 0.5 ? 0.3 : 0.99);
  });

  it('has no more false alarms than alpha in a ramp while outcomes change with the hour, unlike pooled users', () => {
    const random = new Random(12);
    const runs = 500;
    let [alarms, pooledAlarms] = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      const simulation = {
        random,
        shares: Array.from({ length: 12 }, (_, step) => 0.04 * (step + 1)),
        usersPerStep: 500,
        looksPerStep: 2,
        outcome: (time: number) => Math.exp(random.normal()) * cycle(time),
      };
      const options = { alpha: 0.05, plannedUsers: 6000 };
      let [max, pooled] = [0, 0];
      for (const steps of simulateSteps(simulation)) {
        max = Math.max(max, compareMeans(steps, options).logEvidence);
        pooled = Math.max(pooled, compareMeans([poolSteps(steps)], options).logEvidence);
      }
      if (max >= Math.log(20)) alarms += 1;
      if (pooled >= Math.log(20)) pooledAlarms += 1;
    }
    expect(alarms / runs).toBeLessThanOrEqual(maxFalseAlarms(runs));
    expect(pooledAlarms / runs).toBeGreaterThan(0.9);
  });

  it('needs 100 users of each variant, and 5 conversions', () => {
    const options = { alpha: 0.05, plannedUsers: 1000, binary: true };
    const judged = (candidate: OutcomeSums, baseline: OutcomeSums): boolean =>
      compareMeans([{ candidate, baseline }], options).lower > -Infinity;
    expect(judged(conversions(99, 50), conversions(900, 400))).toBe(false);
    expect(judged(conversions(100, 50), conversions(900, 400))).toBe(true);
    expect(judged(conversions(400, 4), conversions(900, 20))).toBe(false);
    expect(judged(conversions(400, 5), conversions(900, 20))).toBe(true);
    expect(judged(conversions(400, 396), conversions(900, 880))).toBe(false);
    expect(judged(conversions(400, 395), conversions(900, 880))).toBe(true);
  });

  it('finds a candidate without any conversion, with a variance as if it had 5', () => {
    const baseline = conversions(5000, 100);
    const options = { alpha: 0.05, plannedUsers: 10_000, binary: true };
    const result = compareMeans([{ candidate: conversions(5000, 0), baseline }], options);
    expect(result.logEvidence).toBeGreaterThan(Math.log(1000));
    const five = compareMeans([{ candidate: conversions(5000, 5), baseline }], options);
    expect(relativeError(result.upper - result.lower, five.upper - five.lower)).toBeLessThan(1e-3);
  });

  it('is unlimited without users, and where one variant of a step has a single user', () => {
    const none = { difference: 0, lower: -Infinity, upper: Infinity, logEvidence: 0 };
    const options = { alpha: 0.05, plannedUsers: 1000 };
    expect(compareMeans([], options)).toMatchObject({
      ...none,
      lift: undefined,
      change: undefined,
    });
    const single = { candidate: conversions(1, 1), baseline: conversions(500, 20) };
    expect(compareMeans([single], options)).toMatchObject({
      ...none,
      lift: undefined,
      change: undefined,
    });
    // A step with a single user changes nothing.
    expect(compareMeans([...levels, single], options)).toEqual(compareMeans(levels, options));
    const many = Array.from({ length: 100 }, () => single);
    const two = { candidate: conversions(2, 1), baseline: conversions(500, 20) };
    expect(compareMeans([...many, two], options).upper).toBe(Infinity);
    const constant = { users: 500, sum: 1000, sumSquares: 2000 };
    const result = compareMeans([{ candidate: constant, baseline: constant }], options);
    const unlimited = { lower: -Infinity, estimate: 0, upper: Infinity };
    expect(result).toMatchObject({ ...none, lift: unlimited, change: unlimited });
  });

  it('has a change whose ends are the ratios at which the difference is just found, unlike the lift', () => {
    const options = { alpha: 0.05, plannedUsers: 20_000 };
    const scaled = (by: number) =>
      levels.map(({ candidate, baseline: { users, sum, sumSquares } }) => ({
        candidate,
        baseline: { users, sum: sum * by, sumSquares: sumSquares * by * by },
      }));
    const { change, lift, means, difference } = compareMeans(levels, options);
    const [lower = 0, upper = 0] = [change?.lower, change?.upper];
    expect(compareMeans(scaled(1 + lower), options).lower).toBeCloseTo(0, 10);
    expect(compareMeans(scaled(1 + upper), options).upper).toBeCloseTo(0, 10);
    expect(change?.estimate).toBe(lift?.estimate);
    expect(lower).not.toBe(lift?.lower);
    expect(means.candidate.estimate - means.baseline.estimate).toBeCloseTo(difference, 12);
    // A mean of the baseline that may be 0.
    const noise = { users: 200, sum: 1, sumSquares: 500 };
    const unsure = compareMeans([{ candidate: noise, baseline: noise }], options);
    expect(unsure.change).toEqual({ lower: -Infinity, estimate: 0, upper: Infinity });
  });

  it('has no lift where the mean of the baseline is negative', () => {
    const profit = { users: 200, sum: -20, sumSquares: 500 };
    const step = { candidate: profit, baseline: profit };
    const result = compareMeans([step], { alpha: 0.05, plannedUsers: 1000 });
    expect([result.lift, result.change]).toEqual([undefined, undefined]);
  });

  it.each<[string, OutcomeSums, object, string]>([
    [
      'a binary sum above the users',
      conversions(10, 11),
      { binary: true },
      "compareMeans: steps[0].candidate has 10 users, a sum of 11 and a sum of squares of 11, which outcomes of 0 and 1 don't have; leave out `binary` for others.",
    ],
    [
      'a binary sum of squares that differs',
      { users: 10, sum: 4, sumSquares: 8 },
      { binary: true },
      'a sum of 4 and a sum of squares of 8',
    ],
    [
      'users that are no number',
      conversions(NaN, 0),
      {},
      'compareMeans: steps[0].candidate.users must be an integer from 0',
    ],
    [
      'an alpha of 2',
      conversions(10, 1),
      { alpha: 2 },
      'compareMeans: alpha must be a number from',
    ],
    [
      'a misspelled option',
      conversions(10, 1),
      { binry: true },
      'compareMeans: unknown option "binry". Did you mean `binary`?',
    ],
  ])('rejects %s', (_, candidate, options, message) => {
    const step = { candidate, baseline: conversions(10, 1) };
    expect(() => compareMeans([step], { alpha: 0.05, plannedUsers: 1000, ...options })).toThrow(
      message,
    );
  });
});
