import { describe, expect, test } from 'vitest';
import { LeasedCounts } from '../../src/processes/leased-counts.ts';
import { SharedLimits } from '../../src/processes/shared-limits.ts';

const KEY = 'client:a';

/** Limiters of several processes with common counts. */
function startLimiters(processes: number) {
  const clock = { now: 0 };
  const now = () => clock.now;
  const limits = new SharedLimits(now);
  const calls = { count: 0 };
  const stores = Array.from({ length: processes }, () => {
    const store = new LeasedCounts({
      ...{ limiter: 'requests', processes, now },
      take: async (request) => {
        calls.count += 1;
        await new Promise(setImmediate);
        return limits.take(request);
      },
    });
    store.init({ windowMs: 60_000 });
    return store;
  });
  return { clock, calls, stores };
}

/** Counts requests, each by a process at random, and returns how many are allowed. */
async function allowed(
  stores: readonly LeasedCounts[],
  { requests, limit, key = KEY }: { requests: number; limit: number; key?: string },
): Promise<number> {
  const counts = await Promise.all(
    Array.from({ length: requests }, async (_, request) =>
      stores[(request * 7919) % stores.length]?.increment(key, limit),
    ),
  );
  return counts.filter((count) => count !== undefined && count.totalHits <= limit).length;
}

describe('limits of several processes', () => {
  test.each([
    [1, 2],
    [10, 2],
    [50, 4],
    [300, 4],
    [60_000, 4],
    [60_000, 16],
  ])(
    'a limit of %i and %i processes: never more, and at most a hundredth less',
    async (limit, processes) => {
      const { stores } = startLimiters(processes);
      const admitted = await allowed(stores, { requests: limit * 2 + 100, limit });
      expect(admitted).toBeLessThanOrEqual(limit);
      expect(admitted).toBeGreaterThanOrEqual(Math.floor(limit * 0.99));
    },
  );

  test('few requests ask the common count, and none does over the limit', async () => {
    const { stores, calls } = startLimiters(4);
    for (let batch = 0; batch < 100; batch += 1) {
      await allowed(stores, { requests: 500, limit: 60_000 });
    }
    expect(calls.count).toBeLessThan(600);
    await allowed(stores, { requests: 20_000, limit: 60_000 });
    const atLimit = calls.count;
    for (let batch = 0; batch < 20; batch += 1) {
      expect(await allowed(stores, { requests: 100, limit: 60_000 })).toBe(0);
    }
    expect(calls.count - atLimit).toBeLessThanOrEqual(4);
  });

  test('a window ends for all processes at the same time, and clients are counted separately', async () => {
    const { clock, stores } = startLimiters(2);
    expect(await allowed(stores, { requests: 30, limit: 20 })).toBe(20);
    expect(await allowed(stores, { requests: 30, limit: 20, key: 'client:b' })).toBe(20);
    clock.now = 59_999;
    expect(await allowed(stores, { requests: 30, limit: 20 })).toBe(0);
    clock.now = 60_000;
    expect(await allowed(stores, { requests: 30, limit: 20 })).toBe(20);
  });

  test('processes that cannot reach the common count allow their shares, then it counts again', async () => {
    let fails = true;
    const clock = { now: 0 };
    const now = () => clock.now;
    const limits = new SharedLimits(now);
    const stores = Array.from({ length: 2 }, () => {
      const store = new LeasedCounts({
        ...{ limiter: 'requests', processes: 2, now },
        take: async (request) => {
          await new Promise(setImmediate);
          if (fails) throw new Error('The parent process has ended.');
          return limits.take(request);
        },
      });
      store.init({ windowMs: 60_000 });
      return store;
    });
    expect(await allowed(stores.slice(0, 1), { requests: 30, limit: 11 })).toBe(5);
    expect(await allowed(stores, { requests: 30, limit: 11 })).toBe(5);
    clock.now = 60_000;
    fails = false;
    expect(await allowed(stores, { requests: 30, limit: 11 })).toBe(11);
  });

  test('a clock that is set back ends windows, which would last too long', async () => {
    const { clock, stores } = startLimiters(2);
    clock.now = 10_000_000;
    expect(await allowed(stores, { requests: 30, limit: 20 })).toBe(20);
    clock.now = 0;
    expect(await allowed(stores, { requests: 30, limit: 20 })).toBe(20);
    expect(await allowed(stores, { requests: 30, limit: 20 })).toBe(0);
  });

  test('the counts of ended windows are removed', async () => {
    const { clock, stores } = startLimiters(1);
    for (let client = 0; client < 5000; client += 1) {
      clock.now += 60;
      await stores[0]?.increment(`address:${client}`, 10);
    }
    expect(await allowed(stores, { requests: 20, limit: 10, key: 'address:4999' })).toBe(9);
    expect(await allowed(stores, { requests: 20, limit: 10, key: 'address:1' })).toBe(10);
  });
});
