import { until } from '@fairlead/test-support/polling';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import {
  BodyMemory,
  inferenceHandler,
  ModelServer,
  type InferenceHandlerOptions,
  type InferenceRecord,
  type InferenceRecorder,
  type RuntimeFactory,
} from '@fairlead/serving';
import { onnxRuntime, type OnnxRuntimeOptions } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const ROWS = 30_000;
const BYTES = ROWS * 2 * 4;

interface Served {
  readonly models: ModelServer;
  readonly port: number;
}

async function serve({
  recorder,
  runtime = { workers: 1 },
  onnx = onnxRuntime(runtime),
  handler: options,
  fallback = false,
}: {
  readonly recorder?: InferenceRecorder;
  readonly runtime?: OnnxRuntimeOptions;
  readonly onnx?: RuntimeFactory;
  readonly handler?: InferenceHandlerOptions;
  readonly fallback?: boolean;
} = {}): Promise<Served> {
  const models = new ModelServer({
    source: new MemorySource([{ signature: affine }]),
    runtimes: { onnx },
    maxBatchRows: 6 * ROWS,
    ...(recorder && { recorder }),
  });
  await models.serve('m', fallback ? { fallback: 'previous-version' } : {});
  const handler = inferenceHandler(models, options);
  const server = createServer((req, res) => {
    handler(req, res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await models.close();
  });
  return { models, port: (server.address() as AddressInfo).port };
}

/** Elements that no other request has. */
function elements(seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: ROWS * 2 }, (_, index) => seed * 1000 + (index % 997));
}

/** A body whose bytes begin at another offset for each seed. */
function bodyOf(seed: number, data = elements(seed)): readonly [Buffer, Record<string, string>] {
  const input = {
    name: 'x',
    datatype: 'FP32',
    shape: [data.length / 2, 2],
    parameters: { binary_data_size: data.byteLength },
  };
  const id = `${seed}${'-'.repeat(seed % 9)}`;
  const json = JSON.stringify({ id, inputs: [input], parameters: { binary_data_output: true } });
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(Buffer.byteLength(json)),
  };
  return [Buffer.concat([Buffer.from(json), Buffer.from(data.buffer)]), headers];
}

async function send(
  port: number,
  body: Buffer,
  headers: Record<string, string>,
): Promise<{ status: number; bytes: Buffer; json: { id?: string; error?: string } }> {
  const sent = request({ port, path: '/v2/models/m/infer', method: 'POST', headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = Buffer.concat((await response.toArray()) as Buffer[]);
  const end = Number(response.headers['inference-header-content-length'] ?? answer.length);
  return {
    status: response.statusCode ?? 0,
    bytes: answer.subarray(end),
    json: JSON.parse(answer.subarray(0, end).toString()) as { id?: string },
  };
}

/** Sends the request of a seed, and requires its own result: y = 2 x + 1. */
async function expectOwnResult({ port }: Served, seed: number): Promise<void> {
  const { status, bytes, json } = await send(port, ...bodyOf(seed));
  expect([status, json.id?.startsWith(String(seed))]).toEqual([200, true]);
  const expected = elements(seed).map((value) => 2 * value + 1);
  expect(Buffer.compare(bytes, Buffer.from(expected.buffer)), `request ${seed}`).toBe(0);
}

const rounds = async (served: Served): Promise<void> => {
  for (let round = 0; round < 3; round++) {
    const seeds = Array.from({ length: 12 }, (_, index) => 1 + round * 12 + index);
    await Promise.all(seeds.map((seed) => expectOwnResult(served, seed)));
  }
};

test('concurrent requests with different tensors get their own results: of a worker', async () => {
  await rounds(await serve());
});

test('… of several workers, and one by one', async () => {
  const served = await serve({ runtime: { workers: 2 } });
  await rounds(served);
  for (let seed = 1; seed < 9; seed++) await expectOwnResult(served, seed);
});

test('… in the thread of the event loop', async () => {
  const served = await serve({ runtime: { inProcess: true } });
  for (let seed = 1; seed < 9; seed++) await expectOwnResult(served, seed);
  await rounds(served);
});

test('… with bodies that are compressed, or come without a length', async () => {
  const served = await serve();
  const seeds = Array.from({ length: 8 }, (_, index) => index + 1);
  await Promise.all(
    seeds.map(async (seed) => {
      const [body, headers] = bodyOf(seed);
      const { bytes } = await (seed % 2 === 0
        ? send(served.port, gzipSync(body), { ...headers, 'content-encoding': 'gzip' })
        : send(served.port, body, { ...headers, 'transfer-encoding': 'chunked' }));
      const expected = elements(seed).map((value) => 2 * value + 1);
      expect(Buffer.compare(bytes, Buffer.from(expected.buffer))).toBe(0);
    }),
  );
});

test('requests that are cut off, or whose length is wrong, leave those beside them as they are', async () => {
  const bodies = new BodyMemory(64 * 1024 * 1024);
  const served = await serve({ handler: { bodies } });
  const [body, headers] = bodyOf(99);
  const cutOff = Array.from({ length: 6 }, (_, index) => {
    const socket = connect(served.port, '127.0.0.1').on('error', () => undefined);
    const head = Object.entries({ ...headers, 'content-length': body.length });
    socket.write(
      `POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\n${head.map((pair) => pair.join(': ')).join('\r\n')}\r\n\r\n`,
    );
    socket.write(body.subarray(0, 40_000 * index + 1000));
    return socket;
  });
  const good = rounds(served);
  await until(() => bodies.used > 0);
  for (const socket of cutOff) socket.destroy();
  const shorter = await send(served.port, body.subarray(0, -4), headers);
  expect([shorter.status, shorter.json.error]).toEqual([
    400,
    `"binary_data_size" is ${BYTES}, but ${BYTES - 4} bytes are left behind the JSON`,
  ]);
  const longer = await send(served.port, Buffer.concat([body, Buffer.alloc(4)]), headers);
  expect([longer.status, longer.json.error]).toEqual([
    400,
    '4 bytes behind the JSON belong to no input',
  ]);
  const beyond = { ...headers, 'inference-header-content-length': String(body.length + 1) };
  expect((await send(served.port, body, beyond)).status).toBe(400);
  await good;
  await until(() => bodies.used === 0);
});

test('a recorder gets the inputs of its requests, and those that it does not read are empty', async () => {
  const records: InferenceRecord[] = [];
  const read: boolean[] = [true, false];
  const recorder: InferenceRecorder = {
    record: (record) => {
      records.push(record);
    },
    readsInputs: () => read.shift() ?? true,
  };
  const served = await serve({ recorder });
  for (const seed of [1, 2, 3]) await expectOwnResult(served, seed);
  await until(() => records.length === 3);
  expect(records.map(({ inputs }) => inputs[0]?.data)).toEqual([
    elements(1),
    new Float32Array(),
    elements(3),
  ]);
});

test('a recorder that does not say what it reads gets all inputs', async () => {
  const records: InferenceRecord[] = [];
  const record = (each: InferenceRecord): void => {
    records.push(each);
  };
  const served = await serve({ recorder: { record } });
  await rounds(served);
  await until(() => records.length === 36);
  for (const { inputs, outputs } of records) {
    const [x, y] = [inputs[0]?.data, outputs[0]?.data] as readonly (Float32Array | undefined)[];
    expect(x?.map((value) => 2 * value + 1)).toEqual(y);
  }
});

/** A runtime that notes whether it owns the inputs of each execution of a request. */
function notingRuntime(owned: boolean[]): RuntimeFactory {
  return {
    load: () =>
      Promise.resolve({
        platform: 'test',
        concurrency: 1,
        execute: ([x], { ownsInputs, isWarmUp }) => {
          if (isWarmUp !== true) owned.push(ownsInputs);
          const outputs = x === undefined ? [] : [{ ...x, name: 'y' }];
          return Promise.resolve({ outputs, computeDurationMs: 0 });
        },
        unhealthy: () => Promise.resolve(undefined),
        close: () => Promise.resolve(),
      }),
  };
}

test('a runtime owns binary inputs that nothing else needs, and no others', async () => {
  const owned: boolean[] = [];
  const onnx = notingRuntime(owned);
  const [body, headers] = bodyOf(1);
  const served = await serve({ onnx });
  await send(served.port, body, headers);
  expect(owned.splice(0)).toEqual([true]);
  // Small tensors from JSON share storage with those of other requests.
  const json = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}';
  const length = { 'inference-header-content-length': String(json.length) };
  await send(served.port, Buffer.from(json), { 'content-type': 'application/json' });
  await send(served.port, Buffer.from(json), { ...headers, ...length });
  expect(owned.splice(0)).toEqual([false, false]);
  const withFallback = await serve({ onnx, fallback: true });
  await send(withFallback.port, body, headers);
  expect(owned.splice(0)).toEqual([false]);
});

test.each([
  ['requests of a batch get their own results', 'runs'],
  ['requests of a batch that fails are executed one by one, with their own inputs', 'fails'],
  ['… of which the outputs have no rows, too', 'has no rows'],
] as const)('%s', async (_title, batch) => {
  let batches = 0;
  const onnx: RuntimeFactory = {
    async load(artifacts, options) {
      const runtime = await onnxRuntime({ workers: 1 }).load(artifacts, options);
      return {
        platform: runtime.platform,
        concurrency: runtime.concurrency,
        rowAnalysis: runtime.rowAnalysis,
        execute: async (inputs, context) => {
          if (context.isWarmUp === true) return runtime.execute(inputs, context);
          if (inputs[0]?.shape[0] === ROWS) {
            // Further requests arrive, which are executed together.
            await sleep(30);
            return runtime.execute(inputs, context);
          }
          batches += 1;
          if (batch === 'runs') return runtime.execute(inputs, context);
          if (batch === 'fails') throw new Error('not together');
          const y = {
            name: 'y',
            datatype: 'FP32',
            shape: [1, 1],
            data: Float32Array.of(0),
          } as const;
          return { outputs: [y], computeDurationMs: 0 };
        },
        unhealthy: () => runtime.unhealthy(),
        close: () => runtime.close(),
      };
    },
  };
  await rounds(await serve({ onnx }));
  expect(batches).toBeGreaterThan(0);
});

test('a body that a parser in front has read stays as it is', async () => {
  const { models } = await serve();
  const app = express();
  const seen: Buffer[] = [];
  app.use(express.raw({ type: () => true, limit: '2mb' }), (req, _res, next) => {
    seen.push(req.body as Buffer);
    next();
  });
  app.use(inferenceHandler(models));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  // Eight lengths of the JSON: with one of them the tensor is aligned.
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const [body, headers] = bodyOf(seed);
    expect((await send(port, body, headers)).status).toBe(200);
    expect(seen.splice(0).map((each) => each.equals(body))).toEqual([true]);
  }
});
