import { until } from '@fairlead/test-support/polling';
import { setFlagsFromString } from 'node:v8';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import type { RuntimeEvent } from '@fairlead/serving';
import { expect, test } from 'vitest';
import { OnnxHosts } from '../../src/onnx/onnx-hosts.ts';
import type { OnnxPool } from '../../src/onnx/onnx-pool.ts';
import { affine, slow } from '../memory-source.ts';
import {
  collectRuntimes,
  collectWorkers,
  context,
  openPool,
  shares,
  times,
  x,
  type PoolOptions,
} from './pools.ts';

const workers = collectWorkers();
const runtimes = collectRuntimes(workers);

const PLAN = { workers: 2, intraOpThreads: 1, reason: 'r', shareable: true };

function open(options: Omit<PoolOptions, 'signature'>): OnnxPool {
  const signature = options.file === 'slow.onnx' ? slow : affine;
  const pool = openPool({ ...options, signature });
  runtimes.push(pool);
  return pool;
}

async function start(pool: OnnxPool, plan = PLAN): Promise<OnnxPool> {
  await pool.place(plan);
  await pool.warmedUp();
  return pool;
}

async function keepBusy(pool: OnnxPool, done: () => boolean, timeoutMs?: number): Promise<void> {
  await until(async () => {
    await Promise.all([1, 2, 3].map(() => pool.execute([times(500)], context)));
    return done();
  }, timeoutMs);
}

test('a worker that two versions leave at the same time stays alive for the version that takes it', async () => {
  const hosts = new OnnxHosts({ maxShared: 1, spareMs: 500 });
  const events: RuntimeEvent[] = [];
  const next = open({ hosts, file: 'affine.onnx', title: 'next', events });
  const leaving = [
    await start(open({ hosts, file: 'affine.onnx', title: 'a' })),
    await start(open({ hosts, file: 'affine.onnx', title: 'b' })),
  ];
  // The worker that b was loaded in ends, so that the shared one is taken next.
  await until(() => workers.size === 1);
  await Promise.all(leaving.map((pool) => pool.close()));
  await next.place({ ...PLAN, workers: 1, shareable: false });
  const answers: boolean[] = [];
  // Empty workers are ended after half a second.
  const end = performance.now() + 1000;
  while (performance.now() < end) {
    const { outputs } = await next.execute([x], context);
    answers.push(outputs[0]?.data[0] === 3);
    await sleep(50);
  }
  expect(new Set(answers)).toEqual(new Set([true]));
  // A request in that moment would have failed.
  expect(events).toEqual([]);
});

test.each(['isolate', 'markHung'] as const)(
  'a version that computes in processes gets its planned workers when it is busy (%s)',
  async (reason) => {
    const hosts = new OnnxHosts({ maxShared: 1 });
    hosts[reason]('slow.onnx');
    const pool = await start(open({ hosts, file: 'slow.onnx' }));
    expect([pool.concurrency, shares(pool)]).toEqual([1, false]);
    await keepBusy(pool, () => pool.concurrency === 2);
    expect(workers.size).toBe(0);
  },
  60_000,
);

test('a version that could not move to a shared worker gets its planned workers when it is busy', async () => {
  const hosts = new OnnxHosts({ maxShared: 1 });
  await start(open({ hosts, file: 'affine.onnx' }));
  const events: RuntimeEvent[] = [];
  let reads = 0;
  const beforeRead = (): void => {
    reads += 1;
    if (reads === 2) throw new Error('the store is away');
  };
  const pool = await start(open({ hosts, file: 'slow.onnx', events, beforeRead }));
  expect(events).toEqual([{ type: 'move-failed', reason: 'the store is away' }]);
  await keepBusy(pool, () => pool.concurrency === 2);
});

test('a busy version reads its model again only after a pause when the store is away', async () => {
  const hosts = new OnnxHosts({ maxShared: 1 });
  const events: RuntimeEvent[] = [];
  let away = false;
  const beforeRead = (): void => {
    if (away) throw new Error('the store is away');
  };
  const pool = await start(open({ hosts, file: 'slow.onnx', events, beforeRead }));
  away = true;
  await keepBusy(pool, () => events.length > 0);
  const end = performance.now() + 1500;
  await keepBusy(pool, () => performance.now() > end);
  // After one second; again two seconds later.
  expect(events.length).toBeLessThanOrEqual(2);
  away = false;
  await keepBusy(pool, () => pool.concurrency === 2);
});

test('a worker that is lost while workers are added is replaced by one of them', async () => {
  const hosts = new OnnxHosts({ maxShared: 1 });
  const other = await start(open({ hosts, file: 'affine.onnx' }));
  let gate = Promise.resolve<undefined>(undefined);
  let reads = 0;
  const beforeRead = async (): Promise<void> => {
    reads += 1;
    await gate;
  };
  const pool = await start(open({ hosts, file: 'slow.onnx', beforeRead }));
  expect([shares(pool), shares(other)]).toEqual([true, true]);
  const before = reads;
  const opened = Promise.withResolvers<undefined>();
  gate = opened.promise;
  await keepBusy(pool, () => reads > before);
  await Promise.all([...workers].map((worker) => worker.terminate()));
  await sleep(100);
  opened.resolve(undefined);
  await until(() => !shares(pool));
  await sleep(300);
  expect(reads - before).toBe(2);
  expect((await other.execute([x], context)).outputs).toHaveLength(1);
});

test('a worker that is lost while its version moves to a shared one is not replaced', async () => {
  const hosts = new OnnxHosts({ maxShared: 1, idleCheckMs: 50, spareMs: 200 });
  let gate = Promise.resolve<undefined>(undefined);
  let waiting = 0;
  const beforeRead = async (): Promise<void> => {
    waiting += 1;
    await gate;
  };
  const pool = await start(open({ hosts, file: 'slow.onnx', beforeRead }));
  await keepBusy(pool, () => pool.concurrency === 2);
  waiting = 0;
  const opened = Promise.withResolvers<undefined>();
  gate = opened.promise;
  await until(() => waiting === 1);
  await [...workers][0]?.terminate();
  await sleep(100);
  opened.resolve(undefined);
  await until(() => shares(pool));
  // An empty worker is ended.
  await until(() => workers.size === 1, 15_000);
});

test('a version that hung has no threads left that the next execution could hang in', async () => {
  const hosts = new OnnxHosts({ spareMs: 200 });
  const events: RuntimeEvent[] = [];
  const pool = open({ hosts, file: 'slow.onnx', events, executionTimeoutMs: 500 });
  await pool.place({ ...PLAN, shareable: false });
  expect(workers.size).toBe(2);
  await expect(pool.execute([times(15_000)], context)).rejects.toMatchObject({
    code: 'ERR_SERVING_RUN_FAILED',
  });
  expect(events).toHaveLength(1);
  // An empty worker is ended.
  await until(() => workers.size === 0, 20_000);
});

test('an unloaded version is not referenced by the shared worker that it used', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const hosts = new OnnxHosts({ maxShared: 1 });
  await start(open({ hosts, file: 'affine.onnx', title: 'stays' }));
  const unloaded = await (async () => {
    const pool = openPool({ hosts, signature: affine, file: 'affine.onnx', title: 'leaves' });
    await start(pool);
    expect(shares(pool)).toBe(true);
    await pool.close();
    return new WeakRef(pool);
  })();
  await until(async () => {
    await sleep(20);
    collect();
    return unloaded.deref() === undefined;
  }, 5000);
});
