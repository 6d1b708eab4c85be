import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LimitIndex } from '../../src/bins/limit-index.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Numbers whose differences overflow, underflow, or are rounded. */
const hard = fc.constantFrom(
  ...[Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 0, 1],
  ...[1 + Number.EPSILON, 0.1, 0.2, 0.3, 2 ** 53, 2 ** 53 + 2, 1e300, -1e300],
);
const numbers = fc.array(fc.oneof(finite, hard, fc.integer()), { minLength: 1, maxLength: 70 });

const ascending = (values: readonly number[]) =>
  Float64Array.from(new Set(values.map((value) => value + 0))).sort();

test('the limit is found that a linear search finds', () => {
  fc.assert(
    fc.property(numbers, numbers, (given, others) => {
      const limits = ascending(given);
      const index = new LimitIndex(limits);
      const [first = 0, last = 0] = [limits.at(0), limits.at(-1)];
      for (const value of [...given, ...others]) {
        if (value < first || value > last) continue;
        expect(index.lastAtMost(value)).toBe(limits.findLastIndex((limit) => limit <= value));
      }
    }),
    { numRuns: 2000 },
  );
});

test('among quantiles of skewed values, and equally far limits', () => {
  const skewed = Float64Array.from({ length: 65 }, (_, step) => Math.exp(step / 2));
  const equal = Float64Array.from({ length: 65 }, (_, step) => step / 10);
  for (const limits of [skewed, equal, Float64Array.of(5)]) {
    const index = new LimitIndex(limits);
    for (const [at, limit] of limits.entries()) {
      expect(index.lastAtMost(limit)).toBe(at);
      if (at > 0) expect(index.lastAtMost(limit * (1 - 2 ** -53))).toBe(at - 1);
    }
  }
});
