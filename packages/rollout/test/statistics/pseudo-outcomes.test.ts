import {
  BoundedMeanInterval,
  BoundedMeanTest,
  PseudoOutcomes,
  type AssignedOutcome,
  type PseudoOutcomesDocument,
} from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { goldenNumber, readSequentialGolden, relativeError } from './golden-streams.ts';
import { maxFalseAlarms, Random } from './simulated-outcomes.ts';

const limits = { min: 0, max: 1 };

/** Users of a ramp from 10 to 50 % on a day on which all convert most at noon, the candidate by `effect` more. */
function* rampUsers(random: Random, users: number, effect: number): Generator<AssignedOutcome> {
  for (let user = 0; user < users; user += 1) {
    const time = user / users;
    const share = 0.1 + 0.1 * Math.floor(time * 5);
    const variant = random.uniform() < share ? 'candidate' : 'baseline';
    const rate = 0.3 + 0.25 * Math.sin(2 * Math.PI * time) + (variant === 'candidate' ? effect : 0);
    yield { variant, outcome: random.uniform() < rate ? 1 : 0, share };
  }
}

describe('PseudoOutcomes', () => {
  it.each(['ab_null', 'ab_effect'])('an interval of them equals ville on %s', (file) => {
    const golden = readSequentialGolden(file);
    const expected = golden.ville('BettingABTest(bounds=(0,1), propensity=0.5, grid=2001)');
    const differences = new PseudoOutcomes({ ...limits, minShare: 0.5 });
    const means = new BoundedMeanInterval({ ...differences.limits, alpha: 0.05, points: 2001 });
    let stop: number | null = null;
    // The A/B test of ville has the intersection of all intervals so far.
    let [lower, upper] = [-Infinity, Infinity];
    for (const [row, outcome] of golden.values.entries()) {
      const variant = golden.arms[row] === 1 ? 'candidate' : 'baseline';
      means.add(differences.add({ variant, outcome, share: 0.5 }));
      const { estimate, ...now } = means.interval;
      lower = Math.max(lower, now.lower);
      upper = Math.min(upper, now.upper);
      if (stop === null && (lower > 0 || upper < 0)) stop = row + 1;
      const index = golden.checkpoints.indexOf(row + 1);
      if (index === -1) continue;
      for (const [actual, value] of [
        [estimate, expected.estimate[index]],
        [lower, expected.lower[index]],
        [upper, expected.upper[index]],
      ] as const) {
        expect(relativeError(actual, goldenNumber(value))).toBeLessThan(1e-9);
      }
    }
    expect(stop).toBe(expected.stopping_time);
  });

  it('their mean is the difference in a ramp on a day with busy hours', () => {
    const differences = new PseudoOutcomes({ ...limits, minShare: 0.1 });
    let [sum, squares] = [0, 0];
    const users = 200_000;
    for (const user of rampUsers(new Random(16), users, 0.1)) {
      const value = differences.add(user);
      sum += value;
      squares += value * value;
    }
    const error = Math.sqrt(squares) / users;
    expect(Math.abs(sum / users - 0.1)).toBeLessThan(4 * error);
    expect(error).toBeLessThan(0.005);
  });

  it('a test of them has no more false alarms than alpha in a ramp, and finds an effect', () => {
    const random = new Random(17);
    const runs = 500;
    const share = (effect: number): number => {
      let alarms = 0;
      for (let run = 0; run < runs; run += 1) {
        const differences = new PseudoOutcomes({ ...limits, minShare: 0.1 });
        const test = new BoundedMeanTest({ ...differences.limits, not: 0, alpha: 0.05 });
        for (const user of rampUsers(random, 2000, effect)) test.add(differences.add(user));
        if (test.maxLogEvidence >= Math.log(20)) alarms += 1;
      }
      return alarms / runs;
    };
    expect(share(0)).toBeLessThanOrEqual(maxFalseAlarms(runs));
    expect(share(0.3)).toBeGreaterThan(0.9);
  });

  it('stay within their limits', () => {
    // The mean of 10 times 1.3 is larger by a rounding error, and 1 − 0.9 smaller than 0.1.
    for (const [variant, share] of [
      ['candidate', 0.1],
      ['baseline', 0.9],
    ] as const) {
      const differences = new PseudoOutcomes({ min: 0, max: 1.3, minShare: 0.1 });
      for (let user = 0; user < 10; user += 1) differences.add({ variant, outcome: 1.3, share });
      const value = differences.add({ variant, outcome: 0, share });
      expect(Math.abs(value)).toBe(differences.limits.max);
      expect(differences.limits).toEqual({ min: -13, max: 13 });
    }
  });

  it('continue from their stored form', () => {
    const whole = new PseudoOutcomes({ ...limits, minShare: 0.1 });
    let parts = new PseudoOutcomes({ ...limits, minShare: 0.1 });
    for (const user of rampUsers(new Random(18), 100, 0)) {
      const stored = JSON.stringify(parts.toDocument());
      parts = PseudoOutcomes.fromDocument(JSON.parse(stored) as PseudoOutcomesDocument);
      expect(parts.add(user)).toBe(whole.add(user));
    }
  });

  it.each<[string, object, string]>([
    [
      'a smallest share above a half',
      { minShare: 0.6 },
      'PseudoOutcomes: minShare must be a number from 0.000001 to 0.5, got 0.6.',
    ],
    [
      'limits in the wrong order',
      { min: 2 },
      'PseudoOutcomes: min and max must be finite, and min below max, got 2 and 1.',
    ],
    ['a missing option', { minShare: undefined }, 'PseudoOutcomes: option minShare is missing.'],
  ])('reject %s', (_, options, message) => {
    const all = { ...limits, minShare: 0.1, ...options };
    expect(() => new PseudoOutcomes(all)).toThrow(message);
  });

  it.each<[string, object, string]>([
    [
      'a share below the smallest',
      { share: 0.05 },
      'PseudoOutcomes: share must be a number from 0.1 to 0.9, got 0.05.',
    ],
    [
      'an outcome beyond the limits',
      { outcome: 1.5 },
      'PseudoOutcomes: an outcome must be from 0 to 1, got 1.5;',
    ],
    [
      'another variant',
      { variant: 'control' },
      'PseudoOutcomes: variant must be "candidate" or "baseline", got "control".',
    ],
  ])('reject %s', (_, change, message) => {
    const differences = new PseudoOutcomes({ ...limits, minShare: 0.1 });
    const user: AssignedOutcome = { variant: 'candidate', outcome: 1, share: 0.1 };
    expect(() => differences.add({ ...user, ...change })).toThrow(message);
  });

  it.each<[string, unknown, string]>([
    ['no document', undefined, 'PseudoOutcomes: expected an object of options, got undefined.'],
    ['half a row', { rows: 0.5 }, 'PseudoOutcomes: document.rows must be an integer from 0'],
    ['a missing sum', { sum: null }, 'PseudoOutcomes: document.sum must be a number from'],
  ])('reject a stored form with %s', (_, change, message) => {
    const document = change && {
      ...new PseudoOutcomes({ ...limits, minShare: 0.1 }).toDocument(),
      ...change,
    };
    expect(() => PseudoOutcomes.fromDocument(document as PseudoOutcomesDocument)).toThrow(message);
  });
});
