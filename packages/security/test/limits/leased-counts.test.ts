import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LeasedCounts, MemoryCounts, type TakeRequest } from '../../src/index.ts';

const KEY = 'client:a';

/** Counts of several processes, which share those of one. */
function startProcesses(processes: number, limiter = 'requests') {
  const clock = { now: 0 };
  const now = () => clock.now;
  const shared = new MemoryCounts(now);
  const takes: TakeRequest[] = [];
  const stores = Array.from(
    { length: processes },
    () =>
      new LeasedCounts({
        ...{ limiter, processes, now },
        counts: {
          async take(request) {
            takes.push(request);
            await new Promise(setImmediate);
            return shared.take(request);
          },
        },
      }),
  );
  return { clock, takes, stores };
}

/** Uses amounts, each in a process of the list in turn, and returns the sum of those that are allowed. */
async function allowed(
  stores: readonly LeasedCounts[],
  { amounts, limit, key = KEY }: { amounts: readonly number[]; limit: number; key?: string },
): Promise<number> {
  const uses = await Promise.all(
    amounts.map(async (amount, index) =>
      (await stores[(index * 7919) % stores.length]?.use(key, limit, amount))?.isAllowed === true
        ? amount
        : 0,
    ),
  );
  return uses.reduce((sum, amount) => sum + amount, 0);
}

const ones = (length: number) => Array<number>(length).fill(1);

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
      const { clock, stores } = startProcesses(processes);
      let sum = 0;
      for (let batch = 0; batch < 20; batch += 1) {
        clock.now += 10;
        sum += await allowed(stores, { amounts: ones(Math.ceil(limit / 8)), limit });
      }
      expect(sum).toBeLessThanOrEqual(limit);
      expect(sum).toBeGreaterThanOrEqual(Math.floor(limit * 0.99));
    },
  );

  test('few requests call the common count, and none does over the limit', async () => {
    const { clock, stores, takes } = startProcesses(4);
    for (let batch = 0; batch < 100; batch += 1) {
      clock.now += 100;
      await allowed(stores, { amounts: ones(500), limit: 60_000 });
    }
    expect(takes.length).toBeLessThan(600);
    await allowed(stores, { amounts: ones(20_000), limit: 60_000 });
    const atLimit = takes.length;
    for (let batch = 0; batch < 20; batch += 1) {
      expect(await allowed(stores, { amounts: ones(100), limit: 60_000 })).toBe(0);
    }
    expect(takes.length).toBe(atLimit);
  });

  test('a client that sends little takes little: a process that ends loses no more', async () => {
    const { clock, stores, takes } = startProcesses(4);
    for (let second = 0; second < 50; second += 1) {
      clock.now += 1000;
      await allowed(stores, { amounts: ones(4), limit: 1e9 });
    }
    expect(Math.max(...takes.map(({ wanted }) => wanted))).toBe(1);
  });

  test('a window ends for all processes at the same time, and clients are counted separately', async () => {
    const { clock, stores } = startProcesses(2);
    const amounts = ones(30);
    expect(await allowed(stores, { amounts, limit: 20 })).toBe(20);
    expect(await allowed(stores, { amounts, limit: 20, key: 'client:b' })).toBe(20);
    clock.now = 59_999;
    expect(await allowed(stores, { amounts, limit: 20 })).toBe(0);
    clock.now = 60_000;
    expect(await allowed(stores, { amounts, limit: 20 })).toBe(20);
  });

  test('a window that ends while its part is on the way answers the request that took it', async () => {
    const shared = new MemoryCounts();
    let now = 0;
    const store = new LeasedCounts({
      ...{ limiter: 'requests', now: () => now },
      counts: {
        async take(request) {
          await new Promise(setImmediate);
          now += 70_000;
          return shared.take(request);
        },
      },
    });
    expect(await store.use(KEY, 10)).toMatchObject({ isAllowed: true, remaining: 9 });
  });

  test('a process that cannot reach the counts fails, and calls them again with the next request', async () => {
    let fails = true;
    const shared = new MemoryCounts();
    const store = new LeasedCounts({
      limiter: 'requests',
      counts: {
        async take(request) {
          await new Promise(setImmediate);
          if (fails) throw new Error('unreachable');
          return shared.take(request);
        },
      },
    });
    const waiting = [store.use(KEY, 10), store.use(KEY, 10)];
    await expect(waiting[0]).rejects.toThrow('unreachable');
    await expect(waiting[1]).rejects.toThrow('unreachable');
    fails = false;
    expect(await store.use(KEY, 10)).toMatchObject({ remaining: 9 });
  });

  test('the counts of ended windows are removed', async () => {
    const { clock, stores } = startProcesses(1);
    for (let client = 0; client < 5000; client += 1) {
      clock.now += 60;
      await stores[0]?.use(`address:${client}`, 10);
    }
    const amounts = ones(20);
    expect(await allowed(stores, { amounts, limit: 10, key: 'address:4999' })).toBe(9);
    expect(await allowed(stores, { amounts, limit: 10, key: 'address:1' })).toBe(10);
  });
});

test.each([60_000, 'day', 'month'] as const)(
  'a clock that is set back ends a period of %s, which would last too long',
  (period) => {
    const at = { now: Date.UTC(2027, 5, 15) };
    const shared = new MemoryCounts(() => at.now);
    const request = { limiter: 'requests', key: KEY, period, limit: 10, need: 1, wanted: 1 };
    shared.take(request);
    at.now = Date.UTC(2027, 1, 1);
    expect(shared.take(request)).toMatchObject({ before: 0 });
    expect(shared.take(request)).toMatchObject({ before: 1 });
  },
);

describe('amounts', () => {
  test('one that is larger than what is left uses nothing; smaller ones are allowed', async () => {
    const { stores, takes } = startProcesses(1);
    const [store] = stores;
    expect(await store?.use(KEY, 1000, 900)).toMatchObject({ isAllowed: true, remaining: 100 });
    expect(await store?.use(KEY, 1000, 101)).toMatchObject({ isAllowed: false, remaining: 100 });
    const calls = takes.length;
    expect(await store?.use(KEY, 1000, 500)).toMatchObject({ isAllowed: false, remaining: 100 });
    expect(takes.length).toBe(calls);
    expect(await store?.use(KEY, 1000, 100)).toMatchObject({ isAllowed: true, remaining: 0 });
  });

  test('one that is larger than the limit is refused, also before any other', async () => {
    const { stores } = startProcesses(1);
    expect(await stores[0]?.use(KEY, 10, 2 ** 52)).toMatchObject({ isAllowed: false });
    expect(await stores[0]?.use(KEY, 10, 10)).toMatchObject({ isAllowed: true, remaining: 0 });
  });

  test('a refund is used again', async () => {
    const { stores } = startProcesses(1);
    const [store] = stores;
    await store?.use(KEY, 10, 10);
    expect(store?.peek(KEY, 10)).toMatchObject({ isAllowed: false, remaining: 0 });
    store?.refund(KEY, 4);
    expect(store?.peek(KEY, 10)).toMatchObject({ isAllowed: true, remaining: 4 });
    expect(await store?.use(KEY, 10, 4)).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(store?.peek('client:b', 10)).toBeUndefined();
  });

  test('a process with a higher limit for the same client uses what one with a lower limit does not', async () => {
    const { stores } = startProcesses(2);
    expect(await allowed(stores.slice(0, 1), { amounts: ones(20), limit: 10 })).toBe(10);
    expect(await allowed(stores.slice(1), { amounts: ones(20), limit: 15 })).toBe(5);
    expect(await allowed(stores.slice(0, 1), { amounts: ones(5), limit: 10 })).toBe(0);
  });

  test('of any sizes in any processes never exceed the limit, and what is refused would exceed it but for parts of other processes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (amounts, processes) => {
          const { stores } = startProcesses(processes, 'elements');
          const sum = await allowed(stores, { amounts, limit: 1000 });
          expect(sum).toBeLessThanOrEqual(1000);
          const all = amounts.reduce((total, amount) => total + amount, 0);
          if (all <= 1000 / 4) expect(sum).toBe(all);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('the calendar day and month are those of UTC', () => {
  const at = { now: Date.UTC(2028, 1, 28, 23, 59, 59, 999) };
  const shared = new MemoryCounts(() => at.now);
  const take = (period: 'day' | 'month') =>
    shared.take({ limiter: period, key: KEY, period, limit: 10, need: 1, wanted: 1 });
  expect(take('day')).toEqual({ before: 0, taken: 1, resetInMs: 1 });
  expect(take('month')).toEqual({ before: 0, taken: 1, resetInMs: 86_400_001 });
  at.now += 1;
  expect(take('day')).toEqual({ before: 0, taken: 1, resetInMs: 86_400_000 });
  expect(take('month')).toMatchObject({ before: 1 });
  at.now += 86_400_000;
  expect(take('month')).toEqual({ before: 0, taken: 1, resetInMs: 31 * 86_400_000 });
});
