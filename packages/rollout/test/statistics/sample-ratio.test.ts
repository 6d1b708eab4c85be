import { sampleRatioEvidence } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { readGolden } from '../support/goldens.ts';

interface SampleRatios {
  readonly rows: readonly {
    readonly counts: readonly number[];
    readonly weights: readonly number[];
    readonly savvi_multinomial_k100: { readonly log_odds: number };
  }[];
}

describe('sampleRatioEvidence', () => {
  it.each((readGolden('sequential/srm.json') as SampleRatios).rows)(
    'equals savvi for $counts at $weights',
    ({ counts, weights, savvi_multinomial_k100: { log_odds } }) => {
      const evidence = sampleRatioEvidence([{ shares: weights, counts }]);
      expect(Math.abs(evidence - log_odds)).toBeLessThanOrEqual(
        1e-9 * Math.max(1, Math.abs(log_odds)),
      );
    },
  );

  it('adds the evidence of steps', () => {
    const steps = [
      { shares: [0.9, 0.1], counts: [920, 80] },
      { shares: [0.5, 0.5], counts: [600, 400] },
    ];
    const [first, second] = steps.map((step) => sampleRatioEvidence([step]));
    expect(sampleRatioEvidence(steps)).toBeCloseTo((first ?? 0) + (second ?? 0), 12);
    expect(sampleRatioEvidence([])).toBe(0);
  });

  it.each<[string, number[], number[], string]>([
    [
      'shares that add up to less than 1',
      [0.5, 0.4],
      [1, 1],
      'Shares must be above 0 and add up to 1, got 0.5, 0.4.',
    ],
    ['a share of 0', [1, 0], [1, 1], 'Shares must be above 0 and add up to 1, got 1, 0.'],
    ['a count too many', [1], [1, 1], "2 counts don't match 1 shares."],
    ['a negative count', [0.5, 0.5], [-1, 1], 'A count must be an integer from 0, got -1.'],
  ])('rejects %s', (_, shares, counts, message) => {
    expect(() => sampleRatioEvidence([{ shares, counts }])).toThrow(message);
  });
});
