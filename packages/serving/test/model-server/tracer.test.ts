import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  inferenceHandler,
  ModelServer,
  type InferenceTracer,
  type Runtime,
  type TracedEncoding,
  type TracedInference,
} from '@fairlead/serving';
import { until } from '@fairlead/test-support/polling';
import { affine, MemorySource } from '../memory-source.ts';

interface Traced {
  readonly inferred: TracedInference[];
  readonly encoded: TracedEncoding[];
}

/** Runtime that executes one batch at a time, each when the test says so. */
class StepwiseRuntime implements Runtime {
  readonly platform = 'test';
  readonly concurrency = 1;
  readonly waiting: (() => void)[] = [];
  async execute(
    inputs: Parameters<Runtime['execute']>[0],
    { isWarmUp }: Parameters<Runtime['execute']>[1],
  ) {
    if (isWarmUp !== true) await new Promise<void>((resolve) => this.waiting.push(resolve));
    const [x] = inputs;
    if (x === undefined) throw new Error('no input');
    return { outputs: [{ ...x, name: 'y' }], computeDurationMs: 1 };
  }
  unhealthy() {
    return Promise.resolve(undefined);
  }
  close() {
    return Promise.resolve();
  }
}

async function start(tracer: (traced: Traced) => InferenceTracer) {
  const runtime = new StepwiseRuntime();
  let started = 0;
  const traced: Traced = { inferred: [], encoded: [] };
  const server = new ModelServer({
    source: new MemorySource([{ signature: affine }]),
    runtimes: { onnx: { load: () => Promise.resolve(runtime) } },
    tracer: tracer(traced),
    observer: {
      inferenceStarted: () => (started += 1),
      inferenceFinished: () => undefined,
      executed: () => undefined,
    },
  });
  onTestFinished(() => server.close());
  await server.serve('m', {});
  const http = createServer(inferenceHandler(server));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        http.close(() => {
          resolve();
        });
        http.closeAllConnections();
      }),
  );
  const { port } = http.address() as AddressInfo;
  const infer = async (rows: number, name = 'x'): Promise<number> => {
    const data = Array.from({ length: rows * 2 }, (_, index) => index);
    const inputs = [{ name, datatype: 'FP32', shape: [rows, 2], data }];
    const response = await fetch(`http://127.0.0.1:${port}/v2/models/m/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
    });
    await response.text();
    return response.status;
  };
  const release = async (): Promise<void> => {
    await until(() => runtime.waiting.length > 0);
    runtime.waiting.shift()?.();
  };
  return { server, runtime, started: () => started, traced, infer, release };
}

const recording = ({ inferred, encoded }: Traced): InferenceTracer => ({
  inferred: (inference) => inferred.push(inference),
  encoded: (encoding) => encoded.push(encoding),
});

test('a tracer gets the steps of each request in their order, and the requests of its batch', async () => {
  const { runtime, started, traced, infer, release } = await start(recording);
  // The first one occupies the runtime, so that the two others form a batch.
  const statuses = [infer(1)];
  await until(() => runtime.waiting.length === 1);
  statuses.push(infer(2), infer(3));
  await until(() => started() === 3);
  await release();
  await release();
  expect(await Promise.all(statuses)).toEqual([200, 200, 200]);
  await until(() => traced.encoded.length === 3);

  expect(traced.inferred.map(({ rows }) => rows).sort()).toEqual([1, 2, 3]);
  for (const inference of traced.inferred) {
    const { model, version, outcome, reason, startedAt, decodedAt, execution, endedAt } = inference;
    expect({ model, version, outcome, reason }).toEqual({
      ...{ model: 'm', version: '1', outcome: 'success', reason: undefined },
    });
    const times = [startedAt, decodedAt, execution?.startedAt, execution?.endedAt, endedAt];
    expect(times).toEqual([...times].sort((left, right) => Number(left) - Number(right)));
    const encoding = traced.encoded.find(({ trace }) => trace === inference.trace);
    expect(encoding?.startedAt).toBeGreaterThanOrEqual(endedAt);
  }
  const batch = traced.inferred.filter(({ rows }) => rows > 1);
  for (const { execution } of batch) {
    expect(execution?.batchSize).toBe(5);
    expect(new Set(execution?.members)).toEqual(new Set(batch.map(({ trace }) => trace)));
  }
});

test('a refused request is traced with its reason, without an execution', async () => {
  const { traced, infer } = await start(recording);
  expect(await infer(1, 'other')).toBe(400);
  expect(traced.inferred).toMatchObject([
    { outcome: 'failure', reason: 'OTHER', execution: undefined },
  ]);
  expect(traced.inferred[0]?.decodedAt).toBe(traced.inferred[0]?.startedAt);
  expect(traced.encoded).toEqual([]);
});

test('a tracer that throws costs no request anything', async () => {
  const { infer, release } = await start(() => ({
    inferred: () => {
      throw new Error('tracer');
    },
    encoded: () => {
      throw new Error('tracer');
    },
  }));
  const status = infer(1);
  await release();
  expect(await status).toBe(200);
});

test('requests without a carrier are not traced', async () => {
  const { server, traced, release } = await start(recording);
  const data = new Float32Array([1, 2]);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data }] as const;
  const result = server.infer({ model: 'm' }, { inputs });
  await release();
  await result;
  expect(traced.inferred).toEqual([]);
});
