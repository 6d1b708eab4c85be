import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ValueDistribution } from '../../src/cloudwatch/value-distribution.ts';

test('returns every value with its count, in parts of at most 150 values, and is empty then', () => {
  const recorded = fc.array(
    fc.record({
      value: fc.integer({ min: -400, max: 400 }),
      count: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 1200 },
  );
  fc.assert(
    fc.property(recorded, (records) => {
      const distribution = new ValueDistribution();
      const expected = new Map<number, number>();
      for (const { value, count } of records) {
        distribution.add(value, count);
        expected.set(value, (expected.get(value) ?? 0) + count);
      }
      expect(distribution.isEmpty).toBe(records.length === 0);
      const parts = distribution.drain();
      const given = new Map<number, number>();
      for (const { values, counts, total } of parts) {
        expect(values.length).toBeLessThanOrEqual(150);
        expect(values.length).toBe(counts.length);
        expect(total).toBe(counts.reduce((sum, count) => sum + count, 0));
        values.forEach((value, index) => given.set(value, counts[index] ?? 0));
      }
      expect(given).toEqual(expected);
      expect([...given.keys()]).toEqual([...given.keys()].sort((a, b) => a - b));
      expect(parts).toHaveLength(Math.ceil(expected.size / 150));
      expect(distribution.isEmpty).toBe(true);
      expect(distribution.drain()).toEqual([]);
    }),
  );
});
