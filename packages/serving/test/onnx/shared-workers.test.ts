import { until } from '@fairlead/test-support/polling';
import { slowness } from '@fairlead/test-support/slowness';
import type { Signature } from '@fairlead/signature';
import type { RuntimeEvent } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { expect, test } from 'vitest';
import { OnnxHosts } from '../../src/onnx/onnx-hosts.ts';
import type { OnnxPool } from '../../src/onnx/onnx-pool.ts';
import { affine, MemorySource, slow } from '../memory-source.ts';
import { collectRuntimes, collectWorkers, context, openPool, shares, times, x } from './pools.ts';

const workers = collectWorkers();
const runtimes = collectRuntimes(workers);

/** A version that may share a worker, as it is once it was loaded and warmed up. */
async function place(
  hosts: OnnxHosts,
  signature: Signature,
  file: string,
  workersPlanned = 1,
  events: RuntimeEvent[] = [],
): Promise<OnnxPool> {
  const pool = openPool({ hosts, signature, file, events });
  runtimes.push(pool);
  await pool.place({ workers: workersPlanned, intraOpThreads: 1, reason: 'r', shareable: true });
  await pool.warmedUp();
  return pool;
}

test('versions that have nothing to execute share two workers, and each gives its own answers', async () => {
  const hosts = new OnnxHosts({ maxShared: 2, spareMs: 200 });
  for (let version = 0; version < 6; version++) {
    await place(hosts, affine, version % 2 === 0 ? 'affine.onnx' : 'affine-next.onnx');
  }
  // An empty worker stays for a moment, for the version that is loaded next.
  await until(() => workers.size === 2);
  for (const [version, runtime] of runtimes.entries()) {
    const { outputs } = await runtime.execute([x], context);
    expect(outputs[0]?.data).toEqual(
      version % 2 === 0 ? Float32Array.of(3, 5) : Float32Array.of(103, 105),
    );
  }
  expect(runtimes.every(shares)).toBe(true);
});

test('a version with enough to execute gets the workers that were planned, and shares again when it is idle', async () => {
  const hosts = new OnnxHosts({ maxShared: 1, idleCheckMs: 100, spareMs: 200 });
  const other = await place(hosts, affine, 'affine.onnx');
  const busy = await place(hosts, slow, 'slow.onnx', 2);
  expect([other, busy].map(shares)).toEqual([true, true]);
  expect(busy.concurrency).toBe(1);
  await until(async () => {
    await Promise.all([1, 2, 3].map(() => busy.execute([times(500)], context)));
    return !shares(busy);
  });
  expect(busy.placement).toEqual({
    workers: 2,
    intraOpThreads: 1,
    inProcess: false,
    reason: 'r',
  });
  expect(shares(other)).toBe(true);
  await until(() => shares(busy));
  expect(busy.concurrency).toBe(1);
  await until(() => workers.size === 1);
  expect((await busy.execute([times(1)], context)).outputs).toHaveLength(1);
});

test('a busy version that is alone in a shared worker takes it over, without a second load', async () => {
  const hosts = new OnnxHosts({ maxShared: 1 });
  const busy = await place(hosts, slow, 'slow.onnx');
  expect(shares(busy)).toBe(true);
  await until(async () => {
    await busy.execute([times(500)], context);
    return !shares(busy);
  });
  expect(workers.size).toBe(1);
});

test('the end of a shared worker fails no request that was not yet started', async () => {
  const hosts = new OnnxHosts({ maxShared: 1, spareMs: 200 });
  const events: RuntimeEvent[] = [];
  const pools = [
    await place(hosts, affine, 'affine.onnx', 1, events),
    await place(hosts, affine, 'affine-next.onnx', 1, events),
  ];
  await until(() => workers.size === 1);
  // Before it can read what it is sent: ending one that computes would abort the process.
  for (const worker of workers) void worker.terminate();
  const outcomes = await Promise.allSettled(pools.map((pool) => pool.execute([x], context)));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(events.map(({ type }) => type)).toEqual(['worker-lost', 'worker-lost']);
  for (const pool of pools) expect((await pool.execute([x], context)).outputs).toHaveLength(1);
});

test('a version that is unloaded leaves those beside it in place', async () => {
  const hosts = new OnnxHosts({ maxShared: 1 });
  const leaving = await place(hosts, slow, 'slow.onnx');
  const staying = await place(hosts, affine, 'affine.onnx');
  const running = leaving.execute([times(2000)], context);
  const behind = staying.execute([x], context);
  await leaving.close();
  await expect(running).rejects.toMatchObject({ code: 'ERR_SERVING_RUN_FAILED' });
  expect((await behind).outputs[0]?.data).toEqual(Float32Array.of(3, 5));
});

test('a model that is slow to load is loaded in a worker alone, and leaves the event loop free', async () => {
  const artifacts = await new MemorySource([
    { signature: affine, file: 'folded.onnx' },
  ]).openVersion('m', 1);
  let last = process.threadCpuUsage();
  let longest = 0;
  const ticking = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.threadCpuUsage();
  }, 1);
  const runtime = await onnxRuntime().load(artifacts, { onEvent: () => undefined });
  clearInterval(ticking);
  runtimes.push(runtime);
  expect(runtime.placement?.inProcess).toBe(false);
  // In process it would be 300 ms of processor time in one go.
  expect(longest).toBeLessThan(100 * slowness());
  // The memory of a version: at least what is stored of it.
  expect(runtime.memory?.fileBytes).toBe((await artifacts.read('model.onnx')).length);
});
