import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { roundValue } from '../../src/cloudwatch/round-value.ts';

describe('roundValue', () => {
  test.each([
    [0, 0],
    [1, 1],
    [999, 999],
    [0.1 + 0.2, 0.3],
    [12.345, 12.3],
    [0.0012345, 0.00123],
    [1005, 1010],
    [123_456, 123_000],
    [-12.345, -12.3],
    [9.999, 10],
    [2.3e108, 2.3e108],
    [1.2345e-300, 1.23e-300],
  ])('rounds %d to %d', (value, rounded) => {
    expect(roundValue(value)).toBe(rounded);
  });

  test('has an error of at most 0.5 % of the value', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-100, max: 1e100, noNaN: true }),
        fc.constantFrom(1, -1),
        (magnitude, sign) => {
          const value = sign * magnitude;
          // A hair over 0.5 %, for the rounding of this division itself.
          expect(Math.abs(roundValue(value) - value) / magnitude).toBeLessThanOrEqual(
            0.005 + 1e-12,
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('has at most 900 different values per decade, each the shortest decimal of its number', () => {
    const seen = new Set<number>();
    for (let step = 0; step < 100_000; step += 1) seen.add(roundValue(10 + step * 0.0009));
    expect(seen.size).toBeLessThanOrEqual(901);
    for (const value of seen) expect(value).toBe(Number(value.toPrecision(3)));
  });

  test('changes nothing when applied again, and preserves the order', () => {
    const latency = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(latency, latency, (a, b) => {
        expect(roundValue(roundValue(a))).toBe(roundValue(a));
        expect(roundValue(Math.min(a, b))).toBeLessThanOrEqual(roundValue(Math.max(a, b)));
      }),
      { numRuns: 1000 },
    );
  });
});
