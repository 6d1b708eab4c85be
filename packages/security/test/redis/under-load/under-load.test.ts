import { startRedis } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { measureError } from './measure-error.ts';

test.each([
  ['requests', 1, 1500],
  ['amounts of 1 to 50', 50, 40_000],
])(
  'four processes at 1,000 %s a second allow a limit to a hundredth',
  async (_what, maxAmount, limit) => {
    const redis = await startRedis();
    onTestFinished(() => redis.kill());
    const load = { processes: 4, ratePerProcess: 250, durationMs: 3000, limit, maxAmount };
    const { error, sent, takes } = await measureError(redis.url, load);
    expect(sent).toBeGreaterThan(2500);
    expect(error).toBeLessThanOrEqual(0);
    expect(error).toBeGreaterThanOrEqual(-0.01);
    expect(takes).toBeLessThan(sent / 2);
  },
);
