import { StepCounts, type CountedRequest, type StepCountsDocument } from '@fairlead/rollout';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const name = { rollout: 'churn-4', step: 1 };
const requests: fc.Arbitrary<readonly CountedRequest[]> = fc.array(
  fc.record({
    variant: fc.constantFrom('baseline', 'candidate'),
    key: fc.option(
      fc.integer({ min: 0, max: 50 }).map((id) => `user-${id}`),
      { nil: undefined },
    ),
    events: fc.subarray(['failure', 'slow', 'label:yes', '__proto__']),
  }),
);

function countsOf(given: readonly CountedRequest[]): StepCounts {
  const counts = new StepCounts(name);
  for (const request of given) counts.add(request);
  return counts;
}

/** The stored form, independent of the order of the variants and events. */
const stored = (counts: StepCounts): string =>
  JSON.stringify(
    [...counts.variants]
      .sort()
      .map(([variant, { requests, keys, events }]) => [
        variant,
        requests,
        keys.toDocument(),
        [...events].sort().map(([event, { count, keys: of }]) => [event, count, of.toDocument()]),
      ]),
  );

describe('StepCounts', () => {
  it('counts the same on one host and on many, in any order, also after it was stored', () => {
    fc.assert(
      fc.property(fc.array(requests, { maxLength: 4 }), (hosts) => {
        const whole = stored(countsOf(hosts.flat()));
        const parts = hosts.map(countsOf);
        for (const order of [parts, [...parts].reverse()]) {
          const merged = new StepCounts(name);
          for (const part of order) {
            const text = JSON.stringify(part.toDocument());
            merged.merge(StepCounts.fromDocument(JSON.parse(text) as StepCountsDocument));
          }
          expect(stored(merged)).toBe(whole);
        }
      }),
    );
  });

  it('counts every request and event, and each key once', () => {
    const { variants } = countsOf([
      { variant: 'candidate', key: 'a', events: ['failure'] },
      { variant: 'candidate', key: 'a', events: ['failure', 'slow'] },
      { variant: 'candidate', key: 'b', events: [] },
      { variant: 'candidate', events: ['slow'] },
    ]);
    const counts = variants.get('candidate');
    expect([counts?.requests, counts?.keys.size]).toEqual([4, 2]);
    const failures = counts?.events.get('failure');
    expect([failures?.count, failures?.keys.size]).toEqual([2, 1]);
    const slow = counts?.events.get('slow');
    expect([slow?.count, slow?.keys.size]).toEqual([2, 1]);
    expect(variants.get('baseline')).toBeUndefined();
  });

  it('counts the same labels on every host, in any order, and every failure beside them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 300 }), (labels) => {
        const requestsOf = (given: readonly number[]): CountedRequest[] =>
          given.map((label) => ({ variant: 'candidate', events: [`label:${label}`, 'failure'] }));
        const whole = countsOf(requestsOf(labels));
        const merged = new StepCounts(name);
        for (let at = 0; at < labels.length; at += 70) {
          merged.merge(countsOf(requestsOf(labels.slice(at, at + 70).reverse())));
        }
        expect(stored(merged)).toBe(stored(whole));
        const events = whole.variants.get('candidate')?.events;
        expect(events?.get('failure')?.count ?? 0).toBe(labels.length);
        expect(events?.size ?? 0).toBe(
          labels.length === 0 ? 0 : 1 + Math.min(24, new Set(labels).size),
        );
      }),
    );
  });

  it('stays small for any number of keys, events and variants', () => {
    const counts = new StepCounts(name);
    for (let i = 0; i < 200_000; i += 1) {
      counts.add({
        variant: `v${i % 20}`,
        key: `user-${i}`,
        events: [`label:${i % 1000}`, 'failure'],
      });
    }
    expect(counts.variants.size).toBe(8);
    for (const { events, keys } of counts.variants.values()) {
      expect(events.size).toBe(25);
      expect(events.get('failure')?.count).toBe(10_000);
      expect(keys.size).toBeLessThanOrEqual(8192);
    }
    // 8 variants of 8,192 keys in base64, and 31 events of up to 2,048.
    expect(JSON.stringify(counts.toDocument()).length).toBeLessThan(3_000_000);
  });

  it.each<[string, object, string]>([
    ['no rollout', { step: 0, variants: {} }, 'rollout must be a name, got undefined.'],
    [
      'half a step',
      { rollout: 'x', step: 0.5, variants: {} },
      'StepCounts: step must be an integer from 0 to 1000, got 0.5.',
    ],
    ['no variants', { rollout: 'x', step: 0 }, 'variants must be an object, got undefined.'],
    [
      'null for a variant',
      { rollout: 'x', step: 0, variants: { a: null } },
      'variants["a"].requests must be an integer from 0',
    ],
    [
      'a negative count',
      {
        rollout: 'x',
        step: 0,
        variants: {
          a: { requests: 1, keys: { level: 0, hashes: '' }, events: { failure: { count: -1 } } },
        },
      },
      'variants["a"].events["failure"].count must be an integer from 0 to 9007199254740991, got -1.',
    ],
  ])('rejects a stored form with %s', (_, document, message) => {
    expect(() => StepCounts.fromDocument(document as StepCountsDocument)).toThrow(message);
  });

  it('rejects counts of another rollout or step', () => {
    const other = new StepCounts({ rollout: 'churn-4', step: 2 });
    expect(() => {
      other.merge(countsOf([]));
    }).toThrow("Counts of churn-4, step 1, can't be merged with those of churn-4, step 2.");
  });
});
