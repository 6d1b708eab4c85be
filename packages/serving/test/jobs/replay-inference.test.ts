import { until } from '@fairlead/test-support/polling';
import { readFileSync } from 'node:fs';
import type { Tensor } from '@fairlead/signature';
import { expect, onTestFinished, test } from 'vitest';
import {
  ModelServer,
  replayInference,
  type ModelServerOptions,
  type StoredRequest,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource, slow } from '../memory-source.ts';
import { GatedRuntime, rowsOf } from '../scheduling/gated-runtime.ts';

const request: StoredRequest = {
  path: '/v2/models/m/infer',
  headers: { 'content-type': 'application/json' },
};
const { signal } = new AbortController();

async function serve(
  version: ConstructorParameters<typeof MemorySource>[0][number],
  options: Partial<ModelServerOptions> = {},
): Promise<ModelServer> {
  const models = new ModelServer({
    source: new MemorySource([version]),
    runtimes: { onnx: onnxRuntime() },
    ...options,
  });
  onTestFinished(() => models.close());
  await models.serve('m');
  return models;
}

test('a decoded request that version 0.1 stored is answered', async () => {
  const run = replayInference(await serve({ signature: affine }));
  const file = new URL('./decoded-request-0.1.json', import.meta.url);
  const { body, ...stored } = JSON.parse(readFileSync(file, 'utf8')) as StoredRequest & {
    readonly body: string;
  };
  const { response, version } = await run(stored, Buffer.from(body, 'base64'), signal);
  expect([response.status, version]).toEqual([200, '1']);
  expect(JSON.parse(Buffer.from(response.body).toString())).toMatchObject({
    id: 'of the client',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: [3, 5, 7, 9] }],
  });
});

test('a body in the format of another release gets 501 with the format', async () => {
  const run = replayInference(await serve({ signature: affine }));
  const other = { ...request, bodyFormat: 'decoded-0' };
  const { response } = await run(other, Buffer.from('x'), signal);
  expect(response.status).toBe(501);
  expect(response.headers['fairlead-error']).toBe('ERR_SERVING_UNSUPPORTED');
  expect(String(response.body)).toContain('decoded-0');
});

test.each([
  [{ routingKey: 'user 7', owner: 'shop', requestId: 'r-1' }, 'user 7'],
  [{ owner: 'shop', requestId: 'r-1' }, 'shop'],
  [{ requestId: 'r-1' }, 'r-1'],
])('the version for a job of %j is chosen by %j, which is recorded', async (stored, key) => {
  const keys: (string | undefined)[] = [];
  const recorded = Promise.withResolvers<string | undefined>();
  const models = await serve(
    { signature: affine },
    {
      router: {
        route: (_target, routed) => {
          keys.push(routed);
          return undefined;
        },
      },
      recorder: {
        record: ({ routingKey }) => {
          recorded.resolve(routingKey);
        },
      },
    },
  );
  const body = Buffer.from(
    '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}',
  );
  const { response } = await replayInference(models)({ ...request, ...stored }, body, signal);
  expect([response.status, keys, await recorded.promise]).toEqual([200, [key], key]);
});

test('the timeout of requests does not limit a job', async () => {
  const models = await serve({ signature: slow, file: 'slow.onnx' }, { requestTimeoutMs: 1 });
  const inputs = [{ name: 'times', datatype: 'INT64', shape: [1], data: [300] }];
  const tensor = { ...inputs[0], data: BigInt64Array.of(300n) };
  await expect(models.infer({ model: 'm' }, { inputs: [tensor as Tensor] })).rejects.toThrow();
  const run = replayInference(models);
  const { response } = await run(request, Buffer.from(JSON.stringify({ inputs })), signal);
  expect(response.status).toBe(200);
});

test('every request that a client waits for runs before a job, regardless of its priority', async () => {
  const gated = new GatedRuntime();
  let started = 0;
  const single = { datatype: 'FP32', shape: [1, 1] } as const;
  const signature = { inputs: [{ name: 'x', ...single }], outputs: [{ name: 'y', ...single }] };
  const models = new ModelServer({
    source: new MemorySource([{ signature }]),
    runtimes: { onnx: { load: () => Promise.resolve(gated) } },
    requestTimeoutMs: 60_000,
    observer: {
      inferenceStarted: () => (started += 1),
      inferenceFinished: () => undefined,
      executed: () => undefined,
    },
  });
  const open = () => gated.gates.shift()?.open();
  const serving = models.serve('m');
  await until(async () => {
    open();
    return models.ready();
  });
  await serving;
  onTestFinished(() => models.close());

  const before = gated.executed.length;
  const infer = (value: number) => models.infer({ model: 'm' }, { inputs: [rowsOf(value)] });
  const first = infer(1);
  await until(() => gated.gates.length === 1);
  const x = { name: 'x', ...single, data: [2] };
  const body = Buffer.from(JSON.stringify({ inputs: [x], parameters: { priority: 1 } }));
  let isDone = false;
  const job = replayInference(models)(request, body, signal).finally(() => (isDone = true));
  await until(() => started === 2);
  const second = infer(3);
  await until(() => {
    open();
    return isDone;
  });
  expect((await first).outputs[0]?.data).toEqual(Float32Array.of(2));
  expect((await second).outputs[0]?.data).toEqual(Float32Array.of(6));
  expect(gated.executed.slice(before)).toEqual([[1], [3], [2]]);
  expect(String((await job).response.body)).toContain('"data":[4]');
});
