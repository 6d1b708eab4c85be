import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { ModelServer, replayInference, type JobOrder } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

test('a decoded request that version 0.1 stored is answered', async () => {
  const models = new ModelServer({
    source: new MemorySource([{ signature: affine }]),
    runtimes: { onnx: onnxRuntime() },
  });
  onTestFinished(() => models.close());
  await models.serve('m');
  const file = new URL('./stored-0.1/decoded-request.json', import.meta.url);
  const { body, ...order } = JSON.parse(readFileSync(file, 'utf8')) as JobOrder & {
    readonly body: string;
  };
  const { signal } = new AbortController();
  const run = replayInference(models);
  const { response, version } = await run(order, Buffer.from(body, 'base64'), signal);
  expect([response.status, version]).toEqual([200, '1']);
  expect(JSON.parse(Buffer.from(response.body).toString())).toMatchObject({
    id: 'of the client',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: [3, 5, 7, 9] }],
  });
});
