import { latencyBoundsMs, latencyQuantile } from '@fairlead/windows';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LATENCY_BUCKETS, latencyBucket } from '../../src/window/latency.ts';

test('a duration is in the bucket of the first bound that is not below it', () => {
  const durations = fc.oneof(
    fc.double({ min: 0, max: 1e6, noNaN: true }),
    fc.constantFrom(...latencyBoundsMs),
    fc.constantFrom(0, -1, 1e-9, Infinity),
  );
  fc.assert(
    fc.property(durations, (duration) => {
      const bucket = latencyBoundsMs.findIndex((bound) => duration <= bound);
      expect(latencyBucket(duration)).toBe(bucket === -1 ? LATENCY_BUCKETS - 1 : bucket);
    }),
  );
  expect(latencyBucket(NaN)).toBe(0);
});

test('quantiles are within a bucket of the sorted durations', () => {
  const durations = Array.from({ length: 1000 }, (_, index) => 1.01 ** index / 10).sort(
    (left, right) => left - right,
  );
  const counts = new Array<number>(LATENCY_BUCKETS).fill(0);
  for (const duration of durations) {
    const bucket = latencyBucket(duration);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  for (const share of [0.01, 0.5, 0.9, 0.99]) {
    const exact = durations[Math.ceil(share * 1000) - 1] ?? NaN;
    const found = latencyQuantile({ counts, sumUs: 0 }, share) ?? NaN;
    expect(Math.abs(Math.log(found / exact))).toBeLessThan(0.02);
  }
});

test('no request has no quantile, and the longest durations count as the last bound', () => {
  const none = new Array<number>(LATENCY_BUCKETS).fill(0);
  expect(latencyQuantile({ counts: none, sumUs: 0 }, 0.5)).toBeUndefined();
  const counts = [...none.slice(1), 3];
  expect(latencyQuantile({ counts, sumUs: 0 }, 0.5)).toBe(latencyBoundsMs.at(-1));
});
