import { TrafficSplit } from '@fairlead/rollout';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const keys = Array.from({ length: 20_000 }, (_, index) => `user-${index}`);

const shareOf = (split: TrafficSplit, variant: string): number =>
  keys.filter((key) => split.variantOf(key) === variant).length / keys.length;

/** Growing shares of one or two candidates. */
const growingSteps = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((growths) => {
    let [first, second] = [0, 0];
    return growths.map(([a, b]) => {
      first = Math.min(50, first + a);
      second = Math.min(50, second + b);
      return { candidate: first / 100, other: second / 100 };
    });
  });

describe('TrafficSplit', () => {
  it.each([0, 0.01, 0.1, 0.5, 1])('gives a candidate a share of %s', (share) => {
    const split = new TrafficSplit({ rollout: 'churn-4', steps: [{ candidate: share }] });
    // Five standard errors of 20,000 keys.
    const tolerance = 5 * Math.sqrt((share * (1 - share)) / keys.length);
    expect(Math.abs(shareOf(split, 'candidate') - share)).toBeLessThanOrEqual(tolerance);
    expect(shareOf(split, 'baseline') + shareOf(split, 'candidate')).toBe(1);
    expect(split.shares).toEqual({ candidate: share, baseline: 1 - share });
  });

  it('a larger share adds keys to a candidate and moves no other key', () => {
    fc.assert(
      fc.property(growingSteps, fc.string(), (steps, rollout) => {
        const splits = steps.map(
          (_, index) =>
            new TrafficSplit({ rollout: `r${rollout}`, steps: steps.slice(0, index + 1) }),
        );
        for (const key of keys.slice(0, 200)) {
          const variants = splits.map((split) => split.variantOf(key));
          const first = variants.findIndex((variant) => variant !== 'baseline');
          if (first === -1) continue;
          expect(new Set(variants.slice(first)).size).toBe(1);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('gives each of several candidates its share at every step', () => {
    const split = new TrafficSplit({
      rollout: 'price',
      steps: [
        { a: 0.1, b: 0.05 },
        { a: 0.2, b: 0.3, c: 0.25 },
      ],
    });
    for (const [variant, share] of Object.entries({ a: 0.2, b: 0.3, c: 0.25, baseline: 0.25 })) {
      expect(Math.abs(shareOf(split, variant) - share)).toBeLessThan(0.02);
    }
  });

  it('rollouts with other names assign the keys independently', () => {
    const [one, two] = ['one', 'two'].map(
      (rollout) => new TrafficSplit({ rollout, steps: [{ candidate: 0.5 }] }),
    );
    const both = keys.filter(
      (key) => one?.variantOf(key) === 'candidate' && two?.variantOf(key) === 'candidate',
    );
    expect(Math.abs(both.length / keys.length - 0.25)).toBeLessThan(0.015);
  });

  it('assigns every text, also an empty one', () => {
    const split = new TrafficSplit({ rollout: 'x', steps: [{ candidate: 1 }] });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => split.variantOf(key) === 'candidate'),
    );
    expect(split.variantOf('')).toBe('candidate');
  });

  it.each<[string, readonly Record<string, number>[], string]>([
    [
      'a share above 1',
      [{ candidate: 1.5 }],
      'steps[0].candidate must be a share from 0 to 1, got 1.5.',
    ],
    [
      'a negative share',
      [{ candidate: -0.1 }],
      'steps[0].candidate must be a share from 0 to 1, got -0.1.',
    ],
    [
      'shares above 1 in total',
      [{ a: 0.6, b: 0.6 }],
      'steps[0] has shares of 1.2 in total, more than 1.',
    ],
    [
      'a share that shrinks',
      [{ a: 0.2 }, { a: 0.1 }],
      "steps[1].a is 0.1, less than 0.2 before; a share can't shrink.",
    ],
    [
      'a candidate that vanishes',
      [{ a: 0.2 }, {}],
      "steps[1].a is 0, less than 0.2 before; a share can't shrink.",
    ],
    [
      'a share of the baseline',
      [{ baseline: 0.5 }],
      "steps[0].baseline: the baseline gets what the candidates don't; leave it out.",
    ],
  ])('rejects %s', (_, steps, message) => {
    expect(() => new TrafficSplit({ rollout: 'x', steps })).toThrow(`TrafficSplit: ${message}`);
  });

  it('rejects a rollout without a name', () => {
    expect(() => new TrafficSplit({ rollout: '', steps: [] })).toThrow(
      'TrafficSplit: rollout must be a name, such as "churn-4", got "".',
    );
  });
});
