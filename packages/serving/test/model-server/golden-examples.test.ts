import { until } from '@fairlead/test-support/polling';
import { memoryCache, ModelServer, type GoldenExample } from '@fairlead/serving';
import { expect, onTestFinished, test } from 'vitest';
import { scriptedRuntime, type Script } from '../fallback/scripted-runtime.ts';
import { affine, MemorySource } from '../memory-source.ts';

const tensor = (name: string, value: number) =>
  ({ name, datatype: 'FP32', shape: [1, 2], data: [value, value] }) as const;
const golden = (x: number, y: number): GoldenExample => ({
  inputs: [tensor('x', x)],
  outputs: [tensor('y', y)],
});

/** A server of one version with golden examples for x = 1 and x = 2, whose runtime does what `script` says. */
async function serve(script: Script): Promise<ModelServer> {
  const goldenExamples = [golden(1, 2), golden(2, 4)];
  const source = new MemorySource([{ signature: affine, goldenExamples }]);
  const runtimes = { onnx: scriptedRuntime({ m: script }) };
  const server = new ModelServer({ source, runtimes, requestTimeoutMs: 500 });
  onTestFinished(() => server.close());
  await server.serve('m', { cache: memoryCache({ maxBytes: 1_000_000 }) });
  return server;
}

const request = (x: number) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(x, x) } as const],
});

test('a version whose outputs change while it serves differs from its golden examples, although answers are cached', async () => {
  const script: Script = { concurrency: 1 };
  const server = await serve(script);
  await server.infer({ model: 'm' }, request(2));
  expect(await server.checkGoldenExamples('m', '1')).toBeUndefined();
  script.errorOf = (x) => (x === 2 ? 0.5 : 0);
  expect(await server.checkGoldenExamples('m', '1')).toBe(
    'golden example 1 differs: output "y" is 4.5 at element 0, expected 4 within 0.0004',
  );
});

test('golden examples run alone, after all requests that wait', async () => {
  const script: Script = { concurrency: 1 };
  const server = await serve(script);
  const loaded = script.executions ?? 0;
  const order: string[] = [];
  const { promise: isBusy, resolve: release } = Promise.withResolvers<undefined>();
  script.until = isBusy;
  const first = server.infer({ model: 'm' }, request(10));
  await until(() => (script.executions ?? 0) > loaded);
  const check = server.checkGoldenExamples('m', '1').then(() => order.push('golden'));
  const others = [11, 12].map((x) =>
    server.infer({ model: 'm' }, request(x)).then(() => order.push('request')),
  );
  const before = script.executions ?? 0;
  release(undefined);
  await Promise.all([first, check, ...others]);
  expect(order).toEqual(['request', 'request', 'golden']);
  // One batch of both requests at most, and each golden example.
  expect((script.executions ?? 0) - before).toBeGreaterThanOrEqual(3);
});

test('a check rejects where an execution fails, and for a version that is not live', async () => {
  const script: Script = {};
  const server = await serve(script);
  script.fault = 'ERR_SERVING_RUN_FAILED';
  await expect(server.checkGoldenExamples('m', '1')).rejects.toMatchObject({
    code: 'ERR_SERVING_RUN_FAILED',
  });
  await expect(server.checkGoldenExamples('m', '2')).rejects.toMatchObject({
    code: 'ERR_SERVING_VERSION_NOT_FOUND',
  });
});
