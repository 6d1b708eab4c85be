import { ratioInterval, splitEvidence, type EventSplit } from '@fairlead/rollout';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** The definition, term by term, without logarithms. */
function evidenceByDefinition(splits: readonly EventSplit[], ratio: number, side: string): number {
  let [sum, weights] = [0, 0];
  for (let i = 0; i < 65; i += 1) {
    const log = ((i - 32) / 32) * Math.log(8);
    if (
      (side === 'above' && log <= Math.log(ratio)) ||
      (side === 'below' && log >= Math.log(ratio))
    ) {
      continue;
    }
    const weight = Math.exp(-((log / 0.7) ** 2) / 2);
    weights += weight;
    sum += splits.reduce((product, { share, candidate, baseline }) => {
      const own = (r: number): number => (share * r) / (1 - share + share * r);
      const [is, was] = [own(Math.exp(log)), own(ratio)];
      return product * (is / was) ** candidate * ((1 - is) / (1 - was)) ** baseline;
    }, weight);
  }
  return Math.log(sum / weights);
}

const splitsOfAnySize = fc.array(
  fc.record({
    share: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    candidate: fc.integer({ min: 0, max: 30 }),
    baseline: fc.integer({ min: 0, max: 30 }),
  }),
  { maxLength: 4 },
);

describe('splitEvidence', () => {
  it('equals the mixture of likelihood ratios', () => {
    fc.assert(
      fc.property(
        splitsOfAnySize,
        fc.double({ min: 0.5, max: 2, noNaN: true }),
        fc.constantFrom('above', 'below', 'not'),
        (splits, ratio, side) => {
          const evidence = splitEvidence(splits, { [side]: ratio });
          const expected = evidenceByDefinition(splits, ratio, side);
          expect(Math.abs(evidence - expected)).toBeLessThan(
            1e-9 * Math.max(1, Math.abs(expected)),
          );
        },
      ),
    );
  });

  it('its mean is 1 where both have the same rate, regardless of the shares', () => {
    // All outcomes of 8 events, weighted with their probabilities: an e-value.
    for (const share of [0.05, 0.3, 0.5]) {
      for (const hypothesis of [{ above: 1 }, { below: 1 }, { not: 1 }]) {
        let mean = 0;
        for (let candidate = 0; candidate <= 8; candidate += 1) {
          const ways = [1, 8, 28, 56, 70, 56, 28, 8, 1][candidate] ?? 0;
          const probability = ways * share ** candidate * (1 - share) ** (8 - candidate);
          const split = { share, candidate, baseline: 8 - candidate };
          mean += probability * Math.exp(splitEvidence([split], hypothesis));
        }
        expect(mean).toBeCloseTo(1, 12);
      }
    }
  });

  it('splitting the events of a step changes nothing, and neither does their order', () => {
    fc.assert(
      fc.property(splitsOfAnySize, (splits) => {
        const parts = splits.flatMap(({ share, candidate, baseline }) => [
          { share, candidate: 0, baseline },
          { share, candidate, baseline: 0 },
        ]);
        const whole = splitEvidence(splits, { above: 1 });
        expect(splitEvidence(parts.reverse(), { above: 1 })).toBeCloseTo(whole, 9);
      }),
    );
  });

  it('is no evidence without events, and beyond the ratios that are considered', () => {
    expect(splitEvidence([], { above: 1 })).toBeCloseTo(0, 12);
    expect(splitEvidence([{ share: 0.5, candidate: 9, baseline: 1 }], { above: 9 })).toBe(0);
  });

  it('stays finite for a million events', () => {
    const split = { share: 0.1, candidate: 1_000_000, baseline: 1_000_000 };
    expect(splitEvidence([split], { above: 1 })).toBeGreaterThan(1e5);
    expect(splitEvidence([split], { below: 1 })).toBeLessThan(-1e3);
  });

  it.each<[string, EventSplit, object, string]>([
    [
      'a share of 0',
      { share: 0, candidate: 1, baseline: 1 },
      { above: 1 },
      'The share of the candidate must be between 0 and 1, got 0.',
    ],
    [
      'a share of 1',
      { share: 1, candidate: 1, baseline: 1 },
      { above: 1 },
      'The share of the candidate must be between 0 and 1, got 1.',
    ],
    [
      'half an event',
      { share: 0.5, candidate: 0.5, baseline: 1 },
      { above: 1 },
      'Events of the candidate must be an integer from 0, got 0.5.',
    ],
    [
      'a negative count',
      { share: 0.5, candidate: 1, baseline: -1 },
      { above: 1 },
      'Events of the baseline must be an integer from 0, got -1.',
    ],
    [
      'no hypothesis',
      { share: 0.5, candidate: 1, baseline: 1 },
      {},
      'splitEvidence: give one of above, below and not, such as { above: 1 }.',
    ],
    [
      'two hypotheses',
      { share: 0.5, candidate: 1, baseline: 1 },
      { above: 1, below: 2 },
      'splitEvidence: give one of above, below and not',
    ],
    [
      'a ratio of 0',
      { share: 0.5, candidate: 1, baseline: 1 },
      { above: 0 },
      'splitEvidence: above must be a number from 0.000001 to 1000000, got 0.',
    ],
  ])('rejects %s', (_, split, hypothesis, message) => {
    expect(() => splitEvidence([split], hypothesis)).toThrow(message);
  });
});

describe('ratioInterval', () => {
  it('has the ratios against which there is no evidence, and the most likely one between', () => {
    fc.assert(
      fc.property(splitsOfAnySize, (splits) => {
        const { lower, estimate, upper } = ratioInterval(splits, 0.05);
        expect(lower).toBeLessThanOrEqual(estimate);
        expect(upper).toBeGreaterThanOrEqual(estimate);
        for (const [limit, inside, outside] of [
          [lower, 1.001, 0.999],
          [upper, 0.999, 1.001],
        ] as const) {
          if (limit * outside < 1e-6 || limit * outside > 1e6) continue;
          expect(splitEvidence(splits, { not: limit * outside })).toBeGreaterThan(Math.log(20));
          expect(splitEvidence(splits, { not: limit * inside })).toBeLessThan(Math.log(20));
        }
      }),
    );
  });

  it('estimates the ratio of the rates', () => {
    // 2 % of 1,000 requests against 1 % of 9,000.
    const { estimate } = ratioInterval([{ share: 0.1, candidate: 20, baseline: 90 }], 0.05);
    expect(estimate).toBeCloseTo(2, 9);
  });

  it('is unlimited without events, and on one side with events of one variant only', () => {
    expect(ratioInterval([], 0.05)).toEqual({ lower: 0, estimate: 1, upper: Infinity });
    const { lower, upper } = ratioInterval([{ share: 0.5, candidate: 20, baseline: 0 }], 0.05);
    expect(lower).toBeGreaterThan(1);
    expect(upper).toBe(Infinity);
  });
});
