import { BoundedMeanInterval, type BoundedMeanIntervalDocument } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { goldenNumber, readSequentialGolden, relativeError } from './golden-streams.ts';
import { maxFalseAlarms, Random } from './simulated-outcomes.ts';

const files = ['bernoulli_null', 'bernoulli_shifted', 'bernoulli_rare', 'uniform'];
const limits = { min: 0, max: 1, alpha: 0.05 };

describe('BoundedMeanInterval', () => {
  it.each(files)('equals ville and confseq on %s', (file) => {
    const golden = readSequentialGolden(file);
    const ville = golden.ville('BettingCS(alpha=0.05, grid=1001');
    const confseq = golden.confseq('betting_cs(x, alpha=0.05, breaks=1000');
    const means = new BoundedMeanInterval({ ...limits, points: 1001 });
    for (const [row, value] of golden.values.entries()) {
      means.add(value);
      const index = golden.checkpoints.indexOf(row + 1);
      if (index === -1) continue;
      const { lower, estimate, upper } = means.interval;
      for (const [actual, expected] of [
        [estimate, ville.estimate[index]],
        [lower, ville.lower[index]],
        [upper, ville.upper[index]],
        [lower, confseq.lower[index]],
        [upper, confseq.upper[index]],
      ] as const) {
        expect(relativeError(actual, goldenNumber(expected))).toBeLessThan(1e-9);
      }
    }
  });

  it('a coarser grid has the same interval, rounded outwards', () => {
    const { values } = readSequentialGolden('uniform');
    const fine = new BoundedMeanInterval({ ...limits, points: 2001 });
    const coarse = new BoundedMeanInterval({ ...limits, points: 101 });
    for (const value of values) {
      fine.add(value);
      coarse.add(value);
    }
    const widening = fine.interval.lower - coarse.interval.lower;
    expect(widening).toBeGreaterThanOrEqual(0);
    expect(widening).toBeLessThan(0.02);
    expect(coarse.interval.upper).toBeGreaterThanOrEqual(fine.interval.upper);
  });

  it('has two neighbors of a point where all points are excluded', () => {
    const means = new BoundedMeanInterval({ ...limits, points: 11 });
    for (let user = 0; user < 5000; user += 1) means.add(user % 2 === 0 ? 0.54 : 0.56);
    const { lower, upper } = means.interval;
    expect(lower).toBeLessThan(0.55);
    expect(upper).toBeGreaterThan(0.55);
    expect(upper - lower).toBeCloseTo(0.2, 12);
  });

  it('contains the mean at every look', () => {
    const random = new Random(15);
    const runs = 500;
    let wrong = 0;
    for (let run = 0; run < runs; run += 1) {
      const means = new BoundedMeanInterval({ ...limits, points: 51 });
      let missed = false;
      for (let user = 1; user <= 200; user += 1) {
        means.add(random.uniform() ** 3);
        if (user % 10 !== 0) continue;
        const { lower, upper } = means.interval;
        missed ||= lower > 0.25 || upper < 0.25;
      }
      if (missed) wrong += 1;
    }
    expect(wrong / runs).toBeLessThanOrEqual(maxFalseAlarms(runs));
  });

  it('is from the smallest to the largest outcome at the beginning', () => {
    const means = new BoundedMeanInterval({ min: -2, max: 4, alpha: 0.05 });
    expect(means.interval).toEqual({ lower: -2, estimate: 1, upper: 4 });
  });

  it('continues from its stored form', () => {
    const { values } = readSequentialGolden('uniform');
    const whole = new BoundedMeanInterval({ ...limits, points: 21 });
    let parts = new BoundedMeanInterval({ ...limits, points: 21 });
    for (const [row, value] of values.entries()) {
      whole.add(value);
      parts.add(value);
      if (row % 500 !== 250) continue;
      const stored = JSON.stringify(parts.toDocument());
      parts = BoundedMeanInterval.fromDocument(JSON.parse(stored) as BoundedMeanIntervalDocument);
    }
    expect(parts.toDocument()).toEqual(whole.toDocument());
    expect(parts.interval).toEqual(whole.interval);
  });

  it.each<[string, object, string]>([
    [
      'infinite limits',
      { max: Infinity },
      'BoundedMeanInterval: min and max must be finite, and min below max, got 0 and Infinity.',
    ],
    [
      'two points',
      { points: 2 },
      'BoundedMeanInterval: points must be an integer from 3 to 100000, got 2.',
    ],
    ['an alpha of 1', { alpha: 1 }, 'BoundedMeanInterval: alpha must be a number from'],
    [
      'a misspelled option',
      { pionts: 5 },
      'BoundedMeanInterval: unknown option "pionts". Did you mean `points`?',
    ],
  ])('rejects %s', (_, options, message) => {
    expect(() => new BoundedMeanInterval({ ...limits, ...options })).toThrow(message);
  });

  it('rejects an outcome beyond the limits', () => {
    expect(() => {
      new BoundedMeanInterval(limits).add(2);
    }).toThrow('BoundedMeanInterval: an outcome must be from 0 to 1, got 2;');
  });

  it.each<[string, unknown, string]>([
    ['no document', null, 'BoundedMeanInterval: expected an object of options, got undefined.'],
    [
      'fewer logarithms',
      { logAbove: [0, 0] },
      'BoundedMeanInterval: document.logAbove must be an array of 3 finite numbers.',
    ],
    [
      'a logarithm that is no number',
      { logBelow: [0, null, 0] },
      'BoundedMeanInterval: document.logBelow must be an array of 3 finite numbers.',
    ],
    [
      'another number of rows',
      { rows: 0.5 },
      'BoundedMeanInterval: document.rows must be an integer from 0',
    ],
  ])('rejects a stored form with %s', (_, change, message) => {
    const document = change && {
      ...new BoundedMeanInterval({ ...limits, points: 3 }).toDocument(),
      ...change,
    };
    expect(() => BoundedMeanInterval.fromDocument(document as BoundedMeanIntervalDocument)).toThrow(
      message,
    );
  });
});
