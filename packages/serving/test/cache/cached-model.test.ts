import { until } from '@fairlead/test-support/polling';
import { afterEach, describe, expect, test } from 'vitest';
import type { Tensor } from '@fairlead/signature';
import {
  memoryCache,
  ModelServer,
  type CacheStore,
  type InferenceFinishedEvent,
  type InferenceObserver,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const x = (...data: number[]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [data.length / 2, 2],
  data: new Float32Array(data),
});

async function serve(source: MemorySource, cache?: CacheStore) {
  const finished: InferenceFinishedEvent[] = [];
  let executed = 0;
  const observer: InferenceObserver = {
    inferenceStarted: () => undefined,
    inferenceFinished: (event) => finished.push(event),
    executed: () => {
      executed += 1;
    },
  };
  const server = new ModelServer({
    source,
    runtimes: { onnx: onnxRuntime() },
    retryDelayMs: 10,
    observer,
  });
  servers.push(server);
  await server.serve('m', { cache });
  const infer = (...data: number[]) => server.infer({ model: 'm' }, { inputs: [x(...data)] });
  const statistics = () => server.find({ model: 'm' }).statistics.read();
  return { server, finished, infer, statistics, executions: () => executed };
}

describe('a model with a cache', () => {
  test('computes the same input once, and says so in statistics and to its observer', async () => {
    const cache = memoryCache({ maxBytes: 1e6 });
    const { server, finished, infer, statistics, executions } = await serve(
      new MemorySource([{ signature: affine }]),
      cache,
    );
    for (let round = 0; round < 3; round++) {
      const { version, outputs } = await infer(1, 2, 3, 4);
      expect([version, [...(outputs[0]?.data as Float32Array)]]).toEqual(['1', [3, 5, 7, 9]]);
    }
    await infer(5, 6);
    await expect(server.infer({ model: 'm' }, { inputs: [] })).rejects.toThrow('tensor "x"');
    await expect(
      server.infer({ model: 'm' }, { inputs: [x(9, 9)] }, { signal: AbortSignal.abort() }),
    ).rejects.toThrow('the client disconnected');
    expect(executions()).toBe(2);
    const read = statistics();
    expect(read).toMatchObject({
      // Rows that were computed, as in Triton: what came from the cache isn't among them.
      inferenceCount: 3,
      executionCount: 2,
      success: { count: 4 },
      fail: { count: 2 },
      queue: { count: 4 },
      computeInput: { count: 2 },
      computeInfer: { count: 2 },
      computeOutput: { count: 2 },
      cacheHit: { count: 2 },
      cacheMiss: { count: 3 },
    });
    expect(read.cacheHit.ns).toBeGreaterThan(0);
    expect(read.cacheMiss.ns).toBeGreaterThan(0);
    expect(finished.map(({ cache: seen }) => seen)).toEqual([
      'miss',
      'hit',
      'hit',
      'miss',
      undefined,
      'miss',
    ]);
    expect(cache.size).toBe(2);
  });

  test('a request for some of the outputs, or with another id or priority, is the same input', async () => {
    const { server, infer, statistics } = await serve(
      new MemorySource([{ signature: affine }]),
      memoryCache({ maxBytes: 1e6 }),
    );
    const some = await server.infer(
      { model: 'm' },
      { id: 'first', inputs: [x(1, 2)], outputs: ['y'], priority: 1, timeoutMs: 20_000 },
    );
    const all = await infer(1, 2);
    expect(some).toEqual({ ...all, id: 'first' });
    expect('id' in all && all.id).toBeFalsy();
    expect(statistics()).toMatchObject({ cacheHit: { count: 1 }, cacheMiss: { count: 1 } });
    await expect(
      server.infer({ model: 'm' }, { inputs: [x(1, 2)], outputs: ['z'] }),
    ).rejects.toThrow('output "z"');
  });

  test('each version has separate cached responses', async () => {
    const cache = memoryCache({ maxBytes: 1e6 });
    const source = new MemorySource([
      { signature: affine },
      { signature: affine, file: 'affine-next.onnx' },
    ]);
    const { server, infer, executions } = await serve(source, cache);
    const answer = async () => (await infer(1, 2)).outputs[0]?.data[0];
    expect([await answer(), await answer()]).toEqual([3, 3]);
    source.point(2);
    await until(() => server.find({ model: 'm' }).label.version === '2');
    expect([await answer(), await answer()]).toEqual([103, 103]);
    source.point(1);
    await until(() => server.find({ model: 'm' }).label.version === '1');
    expect(await answer()).toBe(3);
    expect(executions()).toBe(2);
  });

  test('models that share a store have their own answers', async () => {
    const cache = memoryCache({ maxBytes: 1e6 });
    const { server, infer } = await serve(new MemorySource([{ signature: affine }]), cache);
    await server.serve('n', { cache });
    await infer(1, 2);
    await server.infer({ model: 'n' }, { inputs: [x(1, 2)] });
    expect(cache.size).toBe(2);
  });
});

test('a model without a cache counts neither hits nor misses', async () => {
  const { finished, infer, statistics, executions } = await serve(
    new MemorySource([{ signature: affine }]),
  );
  await infer(1, 2);
  await infer(1, 2);
  expect(executions()).toBe(2);
  expect(statistics()).toMatchObject({ cacheHit: { count: 0 }, cacheMiss: { count: 0 } });
  expect(finished.some((event) => 'cache' in event)).toBe(false);
});
