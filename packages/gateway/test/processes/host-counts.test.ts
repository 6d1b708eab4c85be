import { LeasedCounts, MemoryCounts } from '@fairlead/security';
import { expect, test } from 'vitest';
import { HostCounts } from '../../src/processes/host-counts.ts';

test('processes that cannot reach the common count allow their shares, then it counts again', async () => {
  let fails = true;
  const clock = { now: 0 };
  const now = () => clock.now;
  const common = new MemoryCounts(now);
  const stores = Array.from({ length: 2 }, () => {
    const counts = new HostCounts(
      2,
      async (request) => {
        await new Promise(setImmediate);
        if (fails) throw new Error('The parent process has ended.');
        return common.take(request);
      },
      now,
    );
    return new LeasedCounts({ limiter: 'requests', counts, processes: 2, now });
  });
  const allowed = async (count: number, used = stores): Promise<number> => {
    let sum = 0;
    for (let index = 0; index < count; index += 1) {
      const use = await used[index % used.length]?.use('client:a', 11);
      if (use?.isAllowed === true) sum += 1;
    }
    return sum;
  };
  expect(await allowed(30, stores.slice(0, 1))).toBe(5);
  expect(await allowed(30)).toBe(5);
  clock.now = 60_000;
  fails = false;
  expect(await allowed(30)).toBe(11);
});
