import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  inferenceHandler,
  mlflowScoring,
  ModelServer,
  openInference,
  replayInference,
  sageMaker,
  tensorFlowServing,
} from '@fairlead/serving';
import { inferenceService } from '@fairlead/serving/grpc';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const MAX_ROWS = 100_000;
const models = new ModelServer({
  source: new MemorySource([{ signature: affine }]),
  runtimes: { onnx: onnxRuntime() },
});
const v2 = openInference();
const tables = [tensorFlowServing(), mlflowScoring({ model: 'm' })];
const servers: Record<'open' | 'sageMaker', Server> = {
  open: createServer(inferenceHandler(models, { protocols: [v2, ...tables] })),
  sageMaker: createServer(inferenceHandler(models, { protocols: [sageMaker({ model: 'm' })] })),
};
const grpc = new GrpcServer({ 'grpc.max_receive_message_length': 16 * 1024 * 1024 });
let client: Client;

beforeAll(async () => {
  await models.serve('m');
  const { definition, implementation } = inferenceService(models);
  grpc.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  grpc.forceShutdown();
  await models.close();
});

const proto = loadSync(
  fileURLToPath(new URL('../../proto/open-inference.proto', import.meta.url)),
  {
    keepCase: true,
  },
);
const { ModelInfer } = proto['inference.GRPCInferenceService'] as ServiceDefinition;

/** The message of a failed call, or that it was answered. */
async function call(shape: readonly number[], bytes: Buffer | readonly number[]): Promise<string> {
  const input = { name: 'x', datatype: 'FP32', shape };
  const message = Buffer.isBuffer(bytes)
    ? { model_name: 'm', inputs: [input], raw_input_contents: [bytes] }
    : { model_name: 'm', inputs: [{ ...input, contents: { fp32_contents: bytes } }] };
  if (ModelInfer === undefined) throw new Error('no ModelInfer');
  const { path, requestSerialize } = ModelInfer;
  return new Promise((resolve) => {
    const answered = (error: ServiceError | null): void => {
      resolve(error === null ? 'answered' : `${error.code}: ${error.details}`);
    };
    client.makeUnaryRequest(path, requestSerialize, (reply) => reply, message, answered);
  });
}

/** A binary request of Open Inference. */
function binary(shape: readonly number[], bytes: Buffer) {
  const input = { name: 'x', datatype: 'FP32', shape };
  const head = JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: [{ ...input, parameters: { binary_data_size: bytes.length } }],
  });
  return request(servers.open)
    .post('/v2/models/m/infer')
    .set('content-type', 'application/octet-stream')
    .set('inference-header-content-length', String(head.length))
    .send(Buffer.concat([Buffer.from(head), bytes]));
}

const list = (rows: number): readonly (readonly number[])[] =>
  Array.from({ length: rows }, () => [0, 1]);
const post = (server: keyof typeof servers, path: string, body: object) =>
  request(servers[server]).post(path).send(body);
const csv = (server: keyof typeof servers, rows: number) =>
  request(servers[server])
    .post('/invocations')
    .set('content-type', 'text/csv')
    .send(`${server === 'open' ? 'a,b\n' : ''}${'0,1\n'.repeat(rows)}`);
const inputs = (rows: number) => [
  { name: 'x', datatype: 'FP32', shape: [rows, 2], data: Array<number>(rows * 2).fill(0) },
];

describe('rows of one request', () => {
  const message = `input "x" has ${MAX_ROWS + 1} rows; a request may have at most ${MAX_ROWS}: send several requests`;

  test('as many as the limit that ships are answered', async () => {
    const bytes = Buffer.alloc(MAX_ROWS * 8);
    await binary([MAX_ROWS, 2], bytes).expect(200);
    expect(await call([MAX_ROWS, 2], bytes)).toBe('answered');
  });

  test.each([
    [
      'Open Inference, JSON',
      (rows: number) => post('open', '/v2/models/m/infer', { inputs: inputs(rows) }),
    ],
    ['Open Inference, binary', (rows: number) => binary([rows, 2], Buffer.alloc(rows * 8))],
    [
      'TensorFlow Serving, rows',
      (rows: number) => post('open', '/v1/models/m:predict', { instances: list(rows) }),
    ],
    [
      'TensorFlow Serving, columns',
      (rows: number) => post('open', '/v1/models/m:predict', { inputs: list(rows) }),
    ],
    ['MLflow, inputs', (rows: number) => post('open', '/invocations', { inputs: list(rows) })],
    [
      'MLflow, instances',
      (rows: number) => post('open', '/invocations', { instances: list(rows) }),
    ],
    [
      'MLflow, a table',
      (rows: number) =>
        post('open', '/invocations', {
          dataframe_split: { columns: ['a', 'b'], data: list(rows) },
        }),
    ],
    ['MLflow, CSV', (rows: number) => csv('open', rows)],
    [
      'SageMaker, JSON',
      (rows: number) => post('sageMaker', '/invocations', { instances: list(rows) }),
    ],
    ['SageMaker, CSV', (rows: number) => csv('sageMaker', rows)],
  ])('one more is rejected with 413 and the limit: %s', async (_name, send) => {
    const response = await send(MAX_ROWS + 1);
    expect(response.status).toBe(413);
    expect(response.text).toContain(`a request may have at most ${MAX_ROWS}`);
    expect(response.headers['fairlead-error']).toBe('ERR_SERVING_TOO_MANY_ROWS');
  });

  test('one more is rejected over gRPC, typed and raw', async () => {
    const rows = MAX_ROWS + 1;
    expect(await call([rows, 2], Buffer.alloc(rows * 8))).toBe(`3: ${message}`);
    expect(await call([rows, 2], Array<number>(rows * 2).fill(0))).toBe(`3: ${message}`);
  });

  test('one more fails a job', async () => {
    const order = {
      id: 'j',
      path: '/v2/models/m/infer',
      headers: { 'content-type': 'application/json' },
      model: 'm',
      createdAtMs: 0,
    };
    const body = Buffer.from(JSON.stringify({ inputs: inputs(MAX_ROWS + 1) }));
    const run = replayInference(models, { protocols: [v2] });
    const { response } = await run(order, body, new AbortController().signal);
    expect(response.status).toBe(413);
    expect(Buffer.from(response.body).toString()).toContain(`at most ${MAX_ROWS}`);
  });

  test('rows without elements count as well', async () => {
    const empty = {
      inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [-1, 0] }],
      outputs: [{ name: 'y', datatype: 'FP32' as const, shape: [-1, 0] }],
    };
    const server = new ModelServer({
      source: new MemorySource([{ signature: empty }]),
      runtimes: { onnx: onnxRuntime() },
      maxRowsPerRequest: 10,
    });
    await server.serve('m');
    const data = new Float32Array(0);
    const x = { name: 'x', datatype: 'FP32' as const, shape: [2 ** 31, 0], data };
    await expect(server.infer({ model: 'm' }, { inputs: [x] })).rejects.toMatchObject({
      code: 'ERR_SERVING_TOO_MANY_ROWS',
    });
    await server.close();
  });

  test('a first dimension that is none of rows has no such limit', async () => {
    const whole = {
      inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'FP32' as const, shape: [3, 2] }],
    };
    const server = new ModelServer({
      source: new MemorySource([{ signature: whole }]),
      runtimes: { onnx: onnxRuntime() },
      maxRowsPerRequest: 2,
    });
    await server.serve('m');
    const x = { name: 'x', datatype: 'FP32' as const, shape: [3, 2], data: new Float32Array(6) };
    expect((await server.infer({ model: 'm' }, { inputs: [x] })).outputs[0]?.shape).toEqual([3, 2]);
    await server.close();
  });
});

describe('sizes that are declared', () => {
  const HUGE = 2 ** 31;

  test.each([
    ['FP32', [-1, HUGE], 4 * HUGE],
    ['BYTES', [HUGE], 8 * HUGE],
    ['INT64', [2 ** 40, 2 ** 40], 8 * 2 ** 80],
  ] as const)(
    'a version with an input of %s %j is not loaded, and nothing is allocated for it',
    async (datatype, shape, bytes) => {
      let read = 0;
      class Source extends MemorySource {
        override async openVersion(model: string, version: number) {
          const artifacts = await super.openVersion(model, version);
          return { ...artifacts, read: (path: string) => ((read += 1), artifacts.read(path)) };
        }
      }
      const [output] = affine.outputs;
      if (output === undefined) throw new Error('no output');
      const server = new ModelServer({
        source: new Source([
          {
            signature: { inputs: [{ name: 'x', datatype, shape: [...shape] }], outputs: [output] },
          },
        ]),
        runtimes: { onnx: onnxRuntime() },
      });
      await server.serve('m');
      const { reason } = await server.status('m');
      expect(reason).toContain(
        `input "x", ${datatype} of shape [${shape.join(',')}], each request takes ${bytes} bytes or more; at most 1073741824 are accepted`,
      );
      expect(read).toBe(0);
      await server.close();
    },
  );

  test('a request that declares more than it holds is rejected, and nothing is allocated for it', async () => {
    const shape = [HUGE, 2];
    const [input] = inputs(1);
    const body = { inputs: [{ ...input, shape }] };
    await post('open', '/v2/models/m/infer', body).expect(400);
    await binary(shape, Buffer.alloc(16)).expect(400);
    expect(await call(shape, Buffer.alloc(16))).toMatch(/^3: .*expected 17179869184 bytes/);
    expect(await call(shape, [1, 2])).toMatch(/^3: .*expected 4294967296 elements/);
    const past = [2 ** 40, 2 ** 40];
    expect(await call(past, [1, 2])).toMatch(/^3: /);
  });
});
