import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flushDelay } from '../../src/cloudwatch/flush-delay.ts';

describe('flushDelay', () => {
  test('is the time to the next turn of the clock, within one interval', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e12, max: 4e12 }),
        fc.integer({ min: 1000, max: 3_600_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (nowMs, intervalMs, share) => {
          const phaseMs = Math.floor(share * intervalMs);
          const delayMs = flushDelay(nowMs, intervalMs, phaseMs);
          expect(delayMs).toBeGreaterThan(0);
          expect(delayMs).toBeLessThanOrEqual(intervalMs);
          // Negative times have negative remainders.
          expect(Math.abs((nowMs + delayMs - phaseMs) % intervalMs)).toBe(0);
        },
      ),
    );
  });

  test('skips a turn that is sooner than the minimum delay', () => {
    expect(flushDelay(119_999, 60_000, 0)).toBe(1);
    expect(flushDelay(119_999, 60_000, 0, 30_000)).toBe(60_001);
    expect(flushDelay(120_001, 60_000, 0, 30_000)).toBe(59_999);
  });
});
