import { until } from '@fairlead/test-support/polling';
import { afterEach, describe, expect, test } from 'vitest';
import type { Tensor } from '@fairlead/signature';
import {
  ModelServer,
  type GoldenExample,
  type InferenceFinishedEvent,
  type InferenceObserver,
  type ModelServerOptions,
  type ServingEvent,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource, slow } from './memory-source.ts';

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function serverOf(source: MemorySource, options: Partial<ModelServerOptions> = {}): ModelServer {
  const server = new ModelServer({
    source,
    runtimes: { onnx: onnxRuntime() },
    retryDelayMs: 10,
    ...options,
  });
  servers.push(server);
  return server;
}

const x = (...data: number[]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [data.length / 2, 2],
  data: new Float32Array(data),
});
const times = (count: number): Tensor => ({
  name: 'times',
  datatype: 'INT64',
  shape: [1],
  data: new BigInt64Array([BigInt(count)]),
});
const next = { signature: affine, file: 'affine-next.onnx' };
const golden = (y: number): GoldenExample => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [3, y] }],
});

describe('serving a model', () => {
  test('answers with the version that the alias names', async () => {
    const server = serverOf(new MemorySource([{ signature: affine, goldenExamples: [golden(5)] }]));
    await server.serve('m');
    const result = await server.infer({ model: 'm' }, { id: 'a', inputs: [x(1, 2)] });
    expect(result).toEqual({
      model: 'm',
      version: '1',
      id: 'a',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: new Float32Array([3, 5]) }],
    });
    expect(await server.ready()).toBe(true);
    expect(await server.status('m')).toMatchObject({
      ready: true,
      version: '1',
      platform: 'onnx_onnxv1',
    });
  });

  test('refuses unknown models, versions and outputs, and inputs that do not fit', async () => {
    const server = serverOf(new MemorySource([{ signature: affine }]));
    await server.serve('m');
    const infer = (
      target: { model: string; version?: string },
      inputs = [x(1, 2)],
      outputs?: string[],
    ) => server.infer(target, { inputs, outputs });
    await expect(infer({ model: '__proto__' })).rejects.toMatchObject({
      code: 'ERR_SERVING_MODEL_NOT_FOUND',
    });
    await expect(infer({ model: 'm', version: '2' })).rejects.toThrow(
      'no version 2 loaded; loaded: 1',
    );
    await expect(infer({ model: 'm' }, [])).rejects.toThrow('tensor "x": expected FP32');
    await expect(infer({ model: 'm' }, [x(1, 2)], ['z'])).rejects.toThrow('output "z"');
  });

  test('is not ready without models', async () => {
    expect(await serverOf(new MemorySource([])).ready()).toBe(false);
  });

  test('is ready only after preparations, during which it answers', async () => {
    const server = serverOf(new MemorySource([{ signature: affine }]));
    const first = Promise.withResolvers<string>();
    const second = Promise.withResolvers<string>();
    const prepared = [first, second].map(({ promise }) => server.readyAfter(promise));
    await server.serve('m');
    await server.infer({ model: 'm' }, { inputs: [x(1, 2)] });
    expect(await server.ready()).toBe(false);
    first.resolve('warm');
    await expect(prepared[0]).resolves.toBe('warm');
    expect(await server.ready()).toBe(false);
    second.reject(new Error('cold'));
    await expect(prepared[1]).rejects.toThrow('cold');
    expect(await server.ready()).toBe(true);
  });

  test('is ready while a model that readiness does not require cannot be loaded', async () => {
    const source = new MemorySource([{ signature: affine }]);
    let broken = ['optional'];
    const openVersion = source.openVersion.bind(source);
    source.openVersion = (model, version) =>
      broken.includes(model) ? Promise.reject(new Error('broken')) : openVersion(model, version);
    const server = serverOf(source, {
      serveOptions: (model) => ({ requiredForReadiness: model !== 'optional' }),
    });
    await server.serve('optional');
    expect(await server.ready()).toBe(false);
    await server.serve('required');
    expect(await server.ready()).toBe(true);
    expect(await server.status('optional')).toMatchObject({ ready: false });

    broken = ['required', 'late'];
    await server.serve('late');
    expect(await server.ready()).toBe(false);
    broken = [];
    await until(() => server.ready());
    await until(async () => (await server.status('optional')).ready);
  });

  test('is ready with one of several models when readiness requires none', async () => {
    const source = new MemorySource([{ signature: affine }]);
    const openVersion = source.openVersion.bind(source);
    source.openVersion = (model, version) =>
      model === 'broken' ? Promise.reject(new Error('broken')) : openVersion(model, version);
    const server = serverOf(source, { serveOptions: () => ({ requiredForReadiness: false }) });
    await server.serve('broken');
    expect(await server.ready()).toBe(false);
    await server.serve('m');
    expect(await server.ready()).toBe(true);
  });

  test('the same model twice is refused', async () => {
    const server = serverOf(new MemorySource([{ signature: affine }]));
    await server.serve('m');
    await expect(server.serve('m')).rejects.toThrow('served already');
  });

  test.each([{ requestTimeoutMs: 0 }, { drainTimeoutMs: 2 ** 31 }, { retryDelayMs: NaN }])(
    'refuses the options %j',
    (options) => {
      expect(() => serverOf(new MemorySource([]), options)).toThrow(Object.keys(options)[0]);
    },
  );
});

describe('what cannot be loaded', () => {
  test.each([
    [
      'golden answers that differ',
      { signature: affine, goldenExamples: [golden(6)] },
      'output "y" is 5 at element 1, expected 6 within',
    ],
    [
      'an unknown runtime',
      { signature: affine, runtime: { name: 'toString' } },
      'needs runtime "toString"; this server has onnx',
    ],
    ['a file that is no model', { signature: affine, file: 'make-models.py' }, "can't be loaded"],
  ])('%s: not ready, with the reason', async (_name, version, reason) => {
    const events: ServingEvent[] = [];
    const server = serverOf(new MemorySource([version]), {
      onEvent: (event) => events.push(event),
    });
    await server.serve('m');
    expect(await server.ready()).toBe(false);
    expect((await server.status('m')).reason).toContain(reason);
    await expect(server.infer({ model: 'm' }, { inputs: [x(1, 2)] })).rejects.toMatchObject({
      code: 'ERR_SERVING_NOT_READY',
    });
    expect(events[0]).toMatchObject({ type: 'load-failed', version: 1 });
  });

  test('an alias that is not set: serve() does not wait for it, and picks it up when it comes', async () => {
    const source = new MemorySource([{ signature: affine }]);
    source.point(0);
    const missing = new MemorySource([{ signature: affine }], 0);
    const server = serverOf(missing);
    await server.serve('m');
    expect(await server.ready()).toBe(false);
    missing.point(1);
    await until(() => server.ready());
  });

  test('a new version that fails leaves the old one answering', async () => {
    const source = new MemorySource([
      { signature: affine },
      { ...next, goldenExamples: [golden(5)] },
    ]);
    const events: ServingEvent[] = [];
    const server = serverOf(source, { onEvent: (event) => events.push(event) });
    await server.serve('m');
    source.point(2);
    await until(() => events.some((event) => event.type === 'load-failed'));
    expect(await server.status('m')).toMatchObject({ ready: true, version: '1' });
    expect((await server.status('m')).reason).toContain('version 2: golden example 0');
    expect((await server.infer({ model: 'm' }, { inputs: [x(1, 2)] })).version).toBe('1');
  });
});

test('a source that may be out of date is the reason in the status; loaded versions stay ready', async () => {
  const source = new MemorySource([{ signature: affine }]);
  const server = serverOf(source);
  await server.serve('m');
  expect(await server.status('m')).not.toHaveProperty('reason');
  source.outdatedBecause = 'the registry is away';
  expect(await server.status('m')).toMatchObject({ ready: true, reason: 'the registry is away' });
});

describe('swapping', () => {
  test('ten swaps under concurrent requests lose none, and each answer fits the version it names', async () => {
    const source = new MemorySource([{ signature: affine }, next]);
    const events: ServingEvent[] = [];
    const server = serverOf(source, { onEvent: (event) => events.push(event) });
    await server.serve('m');
    let going = true;
    let answered = 0;
    const client = async (): Promise<void> => {
      while (going) {
        const { version, outputs } = await server.infer(
          { model: 'm' },
          { inputs: [x(answered, 0)] },
        );
        const offset = version === '1' ? 1 : 101;
        expect(outputs[0]?.data[1]).toBe(offset);
        answered += 1;
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    for (let swap = 0; swap < 10; swap++) {
      const version = swap % 2 === 0 ? 2 : 1;
      source.point(version);
      await until(() => server.find({ model: 'm' }).label.version === String(version));
    }
    going = false;
    await clients;
    expect(answered).toBeGreaterThan(20);
    await until(() => events.filter((event) => event.type === 'unloaded').length === 10);
  });

  test('an old version finishes what it began before it is unloaded', async () => {
    const source = new MemorySource([
      { signature: slow, file: 'slow.onnx' },
      { signature: slow, file: 'slow.onnx' },
    ]);
    const events: string[] = [];
    const server = serverOf(source, { onEvent: (event) => events.push(event.type) });
    await server.serve('m');
    const begun = server.infer({ model: 'm' }, { inputs: [times(3000)] }).then((result) => {
      events.push(`answered by ${result.version}`);
    });
    source.point(2);
    await begun;
    await until(() => events.includes('unloaded'));
    expect(events.indexOf('answered by 1')).toBeLessThan(events.indexOf('unloaded'));
  });

  test('close answers what is in flight and refuses the rest', async () => {
    const server = serverOf(new MemorySource([{ signature: slow, file: 'slow.onnx' }]));
    await server.serve('m');
    const begun = server.infer({ model: 'm' }, { inputs: [times(500)] });
    const closing = server.close();
    await expect(server.infer({ model: 'm' }, { inputs: [times(1)] })).rejects.toMatchObject({
      code: 'ERR_SERVING_CLOSED',
    });
    expect((await begun).outputs).toHaveLength(1);
    await closing;
    await server.close();
    await expect(server.serve('n')).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
  });
});

describe('batching', () => {
  const together = async (file: string) => {
    const events: ServingEvent[] = [];
    const batches: number[] = [];
    const observer: InferenceObserver = {
      inferenceStarted: () => undefined,
      inferenceFinished: () => undefined,
      executed: ({ batchSize }) => batches.push(batchSize),
    };
    const source = new MemorySource([{ signature: affine, file }]);
    const server = serverOf(source, { observer, onEvent: (event) => events.push(event) });
    await server.serve('m');
    const inputs = Array.from({ length: 20 }, (_, index) => x(index, -index));
    const results = await Promise.all(
      inputs.map((input) => server.infer({ model: 'm' }, { inputs: [input] })),
    );
    const answers = results.map(({ outputs }) => [...(outputs[0]?.data as Float32Array)]);
    return { batching: events.find(({ type }) => type === 'swapped'), batches, answers };
  };

  test('requests that come together share executions', async () => {
    const { batching, batches, answers } = await together('affine.onnx');
    expect(batching).toMatchObject({ batching: true });
    expect(batches).toEqual([20]);
    expect(answers).toEqual(
      Array.from({ length: 20 }, (_, index) => [2 * index + 1, 1 - 2 * index]),
    );
  });

  test('a model whose rows influence each other is found out, and served one by one', async () => {
    const { batching, batches, answers } = await together('crossed.onnx');
    expect(batching).toMatchObject({ batching: false });
    expect(batches).toEqual(Array(20).fill(1));
    // Alone, the softmax over the rows is 1 everywhere.
    expect(answers).toEqual(Array(20).fill([1, 1]));
  });
});

describe('what is observed', () => {
  test('every request is reported once, with its reason when it failed', async () => {
    const finished: InferenceFinishedEvent[] = [];
    let started = 0;
    const observer: InferenceObserver = {
      inferenceStarted: () => {
        started += 1;
      },
      inferenceFinished: (event) => finished.push(event),
      executed: () => undefined,
    };
    const server = serverOf(new MemorySource([{ signature: slow, file: 'slow.onnx' }]), {
      observer,
    });
    await server.serve('m');
    const outcome = (run: Promise<unknown>) =>
      run.then(
        () => undefined,
        () => undefined,
      );
    await outcome(server.infer({ model: 'm' }, { inputs: [times(1)] }));
    await outcome(server.infer({ model: 'm' }, { inputs: [] }));
    await outcome(
      server.infer({ model: 'm' }, () => {
        throw new SyntaxError('not JSON');
      }),
    );
    await outcome(server.infer({ model: 'm' }, { inputs: [times(8000)] }, { timeoutMs: 50 }));
    await outcome(
      server.infer({ model: 'm' }, { inputs: [times(1)] }, { signal: AbortSignal.abort() }),
    );
    expect(started).toBe(5);
    expect(finished.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      'success',
      'OTHER',
      'OTHER',
      'CANCELED',
      'CANCELED',
    ]);
    expect(finished[0]?.computeDurationMs).toBeGreaterThan(0);
  });
});
