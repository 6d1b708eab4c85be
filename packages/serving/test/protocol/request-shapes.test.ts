import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import {
  inferenceHandler,
  ModelServer,
  openInference,
  sageMaker,
  tensorFlowServing,
  type VersionManifest,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { MemorySource } from '../memory-source.ts';

const joined: Signature = {
  inputs: ['age', 'zip'].map((name) => ({ name, datatype: 'FP32', shape: [-1, 1] })),
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};
const pooled: Signature = {
  inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 3, -1, -1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 3, -1, -1] }],
};
const threshold: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'threshold', datatype: 'FP32', shape: [] },
  ],
  outputs: [{ name: 'y', datatype: 'BOOL', shape: [-1, 2] }],
};
const of = (file: string, signature: Signature, batching?: VersionManifest['batching']) =>
  new MemorySource([{ file, signature, ...(batching && { batching }) }]);
const sources: Readonly<Record<string, MemorySource>> = {
  batched: of('joined.onnx', joined),
  alone: of('joined.onnx', joined, 'off'),
  pooled: of('pooled.onnx', pooled),
  threshold: of('shapes/threshold.onnx', threshold),
};
const sourceOf = (model: string): MemorySource => {
  const source = sources[model];
  if (source === undefined) throw new Error(`there is no model ${model}`);
  return source;
};

const models = new ModelServer({
  source: {
    resolve: (model, alias) => sourceOf(model).resolve(model, alias),
    openVersion: (model, version) => sourceOf(model).openVersion(model, version),
    follow: (model, alias, options) => sourceOf(model).follow(model, alias, options),
  },
  runtimes: { onnx: onnxRuntime({ workers: 1 }) },
});
let server: Server;

beforeAll(async () => {
  for (const model of Object.keys(sources)) await models.serve(model);
  const protocols = [openInference(), tensorFlowServing(), sageMaker({ model: 'threshold' })];
  server = createServer(inferenceHandler(models, { protocols }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await models.close();
  server.close();
});

const post = (path: string, body: object) => request(server).post(path).send(body);
const tensor = (name: string, shape: readonly number[]) => ({
  name,
  datatype: 'FP32',
  shape,
  data: Array.from({ length: shape.reduce((count, length) => count * length, 1) }, () => 1),
});

test.each(['batched', 'alone'])(
  'inputs with different numbers of rows are rejected with 400, and both are named: %s',
  async (model) => {
    const inputs = [tensor('age', [2, 1]), tensor('zip', [1, 1])];
    const answer = await post(`/v2/models/${model}/infer`, { inputs });
    expect(answer.status, answer.text).toBe(400);
    expect(answer.text).toContain('age');
    expect(answer.text).toContain('zip');
    expect(answer.text).toMatch(/same number of rows|a row of every input/);
    expect(answer.text).not.toMatch(/onnxruntime_src|Non-zero status/);
    const columns = { age: [[1], [2]], zip: [[1]] };
    await post(`/v1/models/${model}:predict`, { inputs: columns }).expect(400);
    const equal = [tensor('age', [2, 1]), tensor('zip', [2, 1])];
    await post(`/v2/models/${model}/infer`, { inputs: equal }).expect(200);
  },
);

test('an input without elements is rejected with the dimension that has no length', async () => {
  const inputs = [tensor('image', [1, 3, 0, 2])];
  const answer = await post('/v2/models/pooled/infer', { inputs });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('input \\"image\\" of shape [1,3,0,2] has no elements');
  expect(answer.text).toContain('no length of 0 in dimension 2; send at least 1');
  expect(answer.text).not.toContain('without rows');
});

test.each([
  ['/v1/models/threshold:predict', { instances: [{ x: [1, 2], threshold: 0.1 }] }],
  ['/invocations', { instances: [{ x: [1, 2], threshold: 0.1 }] }],
  ['/invocations', { dataframe_records: [{ x: [1, 2], threshold: 0.1 }] }],
])('%s: rows for an input of shape [] are rejected with what to send: %j', async (path, body) => {
  const answer = await post(path, body);
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('input \\"threshold\\" of shape [] has no row per instance');
  expect(answer.text).toContain('send \\"inputs\\" instead');
  await post(path, { inputs: { x: [[1, 2]], threshold: 0.1 } }).expect(200);
});

test('batching that is off names the tensor without rows', () => {
  const [version] = models.loadedVersions.filter(({ label }) => label.model === 'threshold');
  expect(version?.batching).toEqual({
    on: false,
    reason: 'input "threshold" of shape [] does not vary in its first dimension',
  });
});
