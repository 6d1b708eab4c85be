import { rateEvidence, rateInterval } from '@fairlead/rollout';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenNumber, readSequentialGolden, relativeError } from './golden-streams.ts';

const files = ['bernoulli_null', 'bernoulli_shifted', 'bernoulli_rare'];
const methods = files.flatMap((file) =>
  readSequentialGolden(file)
    .villeMethods('BernoulliTest(')
    .map((method) => [file, method] as const),
);

const counts = fc
  .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }))
  .map(([events, others]) => ({ events, trials: events + others }));

describe('rateEvidence', () => {
  it.each(methods)('equals ville on %s: %s, with p and stopping time', (file, method) => {
    const golden = readSequentialGolden(file);
    const [rate, priorEvents, priorOthers] = [...method.matchAll(/[\d.]+(?=[,)])/g)].map(Number);
    const prior = { events: priorEvents ?? NaN, others: priorOthers ?? NaN };
    const expected = golden.ville(method);
    let [events, trials, max] = [0, 0, 0];
    let stop: number | null = null;
    for (const value of golden.values) {
      events += value;
      trials += 1;
      const evidence = rateEvidence({ events, trials }, { rate: rate ?? NaN, prior });
      max = Math.max(max, evidence);
      if (stop === null && evidence >= Math.log(20)) stop = trials;
      const index = golden.checkpoints.indexOf(trials);
      if (index === -1) continue;
      expect(relativeError(evidence, goldenNumber(expected.log_e[index]))).toBeLessThan(1e-9);
      expect(relativeError(Math.exp(-max), goldenNumber(expected.p[index]))).toBeLessThan(1e-9);
    }
    expect(stop).toBe(expected.stopping_time);
  });

  it('its mean is 1 at the tested rate', () => {
    // All outcomes of 8 trials, weighted with their probabilities: an e-value.
    for (const rate of [0.01, 0.3, 0.9]) {
      let mean = 0;
      for (let events = 0; events <= 8; events += 1) {
        const ways = [1, 8, 28, 56, 70, 56, 28, 8, 1][events] ?? 0;
        const probability = ways * rate ** events * (1 - rate) ** (8 - events);
        mean += probability * Math.exp(rateEvidence({ events, trials: 8 }, { rate }));
      }
      expect(mean).toBeCloseTo(1, 11);
    }
  });

  it('is none without trials, and finite for a billion', () => {
    expect(rateEvidence({ events: 0, trials: 0 }, { rate: 0.5 })).toBe(0);
    const many = { events: 1e6, trials: 1e9 };
    // Stirling's formula; logarithms of factorials of a billion have rounding errors of 1e-6.
    const expected = Math.log(2 * Math.PI * 1e9 * 0.001 * 0.999) / 2 - Math.log(1e9);
    expect(rateEvidence(many, { rate: 0.001 })).toBeCloseTo(expected, 5);
    expect(rateEvidence(many, { rate: 0.002 })).toBeGreaterThan(1e5);
  });

  it.each<[string, { events: number; trials: number }, object, string]>([
    [
      'a rate of 0',
      { events: 0, trials: 1 },
      { rate: 0 },
      'rateEvidence: rate must be between 0 and 1, such as 0.25, got 0.',
    ],
    [
      'more events than trials',
      { events: 3, trials: 2 },
      { rate: 0.5 },
      'rateEvidence: events must be an integer from 0 to 2, got 3.',
    ],
    [
      'half a trial',
      { events: 0, trials: 0.5 },
      { rate: 0.5 },
      'rateEvidence: trials must be an integer from 0 to',
    ],
    [
      'a prior of 0',
      { events: 0, trials: 1 },
      { rate: 0.5, prior: { events: 0, others: 1 } },
      'rateEvidence: prior.events must be a number from',
    ],
    [
      'a misspelled option',
      { events: 0, trials: 1 },
      { rat: 0.5 },
      'rateEvidence: unknown option "rat". Did you mean `rate`?',
    ],
  ])('rejects %s', (_, rate, options, message) => {
    expect(() => rateEvidence(rate, options as { rate: number })).toThrow(message);
  });
});

describe('rateInterval', () => {
  it.each(files)('equals ville on %s', (file) => {
    const golden = readSequentialGolden(file);
    const { estimate, lower, upper } = golden.ville('BernoulliCS(alpha=0.05, prior=(1,1)');
    let events = 0;
    for (const [row, value] of golden.values.entries()) {
      events += value;
      const index = golden.checkpoints.indexOf(row + 1);
      if (index === -1) continue;
      const interval = rateInterval({ events, trials: row + 1 }, { alpha: 0.05 });
      for (const [actual, expected] of [
        [interval.estimate, estimate[index]],
        [interval.lower, lower[index]],
        [interval.upper, upper[index]],
      ] as const) {
        expect(relativeError(actual, goldenNumber(expected))).toBeLessThan(1e-9);
      }
    }
  });

  it('has the rates against which there is no evidence', () => {
    fc.assert(
      fc.property(counts, (rate) => {
        const { lower, estimate, upper } = rateInterval(rate, { alpha: 0.05 });
        expect(lower).toBeLessThanOrEqual(estimate);
        expect(upper).toBeGreaterThanOrEqual(estimate);
        const evidence = (at: number): number => rateEvidence(rate, { rate: at });
        if (lower > 0) {
          expect(evidence(lower * 0.999)).toBeGreaterThan(Math.log(20));
          expect(evidence(lower * 1.001)).toBeLessThan(Math.log(20));
        }
        if (upper < 1) {
          expect(evidence(1 - (1 - upper) * 0.999)).toBeGreaterThan(Math.log(20));
          expect(evidence(1 - (1 - upper) * 1.001)).toBeLessThan(Math.log(20));
        }
      }),
    );
  });

  it('is from 0 to 1 without trials', () => {
    const none = { events: 0, trials: 0 };
    expect(rateInterval(none, { alpha: 0.05 })).toEqual({ lower: 0, estimate: 0.5, upper: 1 });
  });

  it('rejects an alpha of 1', () => {
    expect(() => rateInterval({ events: 1, trials: 2 }, { alpha: 1 })).toThrow(
      'rateInterval: alpha must be a number from',
    );
  });
});
