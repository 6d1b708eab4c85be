import { until } from '@fairlead/test-support/polling';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import {
  BodyMemory,
  ModelServer,
  type InferenceFinishedEvent,
  type Runtime,
  type VersionRouter,
} from '@fairlead/serving';
import {
  healthService,
  inferenceService,
  grpcServerOptions,
  shutDownGrpc,
  type IncomingCall,
  type InferenceServiceOptions,
} from '@fairlead/serving/grpc';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';
import { GatedRuntime } from '../scheduling/gated-runtime.ts';

const echo: Signature = {
  inputs: [
    { name: 'whole', datatype: 'INT64', shape: [-1] },
    { name: 'text', datatype: 'BYTES', shape: [-1] },
    { name: 'half', datatype: 'FP16', shape: [-1] },
    { name: 'flag', datatype: 'BOOL', shape: [-1] },
  ],
  outputs: [
    { name: 'whole_out', datatype: 'INT64', shape: [-1] },
    { name: 'text_out', datatype: 'BYTES', shape: [-1] },
    { name: 'half_out', datatype: 'FP16', shape: [-1] },
    { name: 'flag_out', datatype: 'BOOL', shape: [-1] },
  ],
};

const KINDS = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
} as const;
type Kind = keyof typeof KINDS;

const protoOf = (file: string) =>
  loadSync(fileURLToPath(new URL(`../../proto/${file}`, import.meta.url)), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
  });
// Clients in other languages are generated from these files: they know nothing of how the server reads them.
const inference = protoOf('open-inference.proto')[
  'inference.GRPCInferenceService'
] as ServiceDefinition;
const health = protoOf('health.proto')['grpc.health.v1.Health'] as ServiceDefinition;

type Contents = Readonly<Record<string, readonly unknown[]>>;
interface Answer {
  readonly ready: boolean;
  readonly live: boolean;
  readonly status: string;
  readonly id: string;
  readonly model_name: string;
  readonly model_version: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly string[];
    readonly contents: Contents | null;
  }[];
  readonly raw_output_contents: readonly Buffer[];
}
interface Sent {
  readonly answer: Promise<Answer>;
  readonly headers: Promise<Metadata>;
  cancel(): void;
}

/** A client that sends a message, or bytes as they are. */
function clientOf(port: number, options = {}) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  onTestFinished(() => {
    client.close();
  });
  return function send(
    method: string,
    message: object | Buffer = {},
    { deadline, metadata = new Metadata() }: { deadline?: number; metadata?: Metadata } = {},
  ): Sent {
    const definition = method === 'Check' ? health[method] : inference[method];
    if (definition === undefined) throw new Error(method);
    const { path, requestSerialize, responseDeserialize } = definition;
    const answered = Promise.withResolvers<Answer>();
    const call = client.makeUnaryRequest<object, Answer>(
      path,
      (value) => (Buffer.isBuffer(value) ? value : requestSerialize(value)),
      responseDeserialize as (bytes: Buffer) => Answer,
      message,
      metadata,
      deadline === undefined ? {} : { deadline: Date.now() + deadline },
      (error, value) => {
        if (error === null && value !== undefined) answered.resolve(value);
        else answered.reject(error ?? new Error('no answer'));
      },
    );
    const headers = once(call, 'metadata').then(([first]) => first as Metadata);
    headers.catch(() => undefined);
    answered.promise.catch(() => undefined);
    return {
      answer: answered.promise,
      headers,
      cancel: () => {
        call.cancel();
      },
    };
  };
}

interface ServeOptions extends InferenceServiceOptions {
  readonly maxMessageBytes?: number;
  /** True to admit calls before their messages are read. */
  readonly intercepts?: boolean;
}

/** A real gRPC server in front of models, until the test ends. */
async function serve(
  models: ModelServer,
  { maxMessageBytes, intercepts = true, ...options }: ServeOptions = {},
) {
  const service = inferenceService(models, options);
  const server = new Server({
    ...grpcServerOptions(maxMessageBytes === undefined ? {} : { maxMessageBytes }),
    ...(intercepts && { interceptors: [service.interceptor] }),
  });
  for (const each of [service, healthService(models)]) {
    server.addService(each.definition, each.implementation);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  onTestFinished(() => {
    server.forceShutdown();
  });
  return { server, port, send: clientOf(port) };
}

/** A model whose executions wait for the test once it is warm, and a list of how its requests ended. */
async function gated(options: { readonly maxQueued?: number } = {}) {
  const cold = new GatedRuntime({ gated: false });
  const runtime = new GatedRuntime();
  let warm = false;
  const finished: InferenceFinishedEvent[] = [];
  const models = new ModelServer({
    source: new MemorySource([{ signature: rows, runtime: { name: 'gated' } }]),
    runtimes: {
      gated: {
        load: () =>
          Promise.resolve<Runtime>({
            platform: 'test',
            concurrency: 1,
            execute: (inputs, context) => (warm ? runtime : cold).execute(inputs, context),
            unhealthy: () => Promise.resolve(undefined),
            close: () => Promise.resolve(),
          }),
      },
    },
    maxBatchRows: 1,
    observer: {
      inferenceStarted: () => undefined,
      inferenceFinished: (event) => finished.push(event),
      executed: () => undefined,
    },
    ...options,
  });
  await models.serve('m');
  warm = true;
  return { models, runtime, finished };
}

const rows: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
};
const rowOf = (value: number, parameters = {}) => ({
  model_name: 'm',
  parameters,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], contents: { fp32_contents: [value] } }],
});

const models = new ModelServer({
  source: new MemorySource([{ signature: affine }]),
  runtimes: { onnx: onnxRuntime() },
});
const echoes = new ModelServer({
  source: new MemorySource([{ signature: echo, file: 'echo.onnx' }]),
  runtimes: { onnx: onnxRuntime() },
});
beforeAll(() => Promise.all([models.serve('m'), echoes.serve('m')]));
afterAll(() => Promise.all([models.close(), echoes.close()]));

const typed = (values: readonly number[] = [1, 2], shape: readonly number[] = [1, 2]) => ({
  model_name: 'm',
  id: 'seven',
  inputs: [{ name: 'x', datatype: 'FP32', shape, contents: { fp32_contents: values } }],
});
const floats = (...values: number[]) => Buffer.from(new Float32Array(values).buffer);
const raw = (bytes: Buffer, shape: readonly number[] = [1, 2]) => ({
  model_name: 'm',
  inputs: [{ name: 'x', datatype: 'FP32', shape }],
  raw_input_contents: [bytes],
});
const failure = (sent: Sent): Promise<ServiceError> =>
  sent.answer.then(
    (answer) => {
      throw new Error(`answered ${JSON.stringify(answer)}`);
    },
    (error: unknown) => error as ServiceError,
  );

describe('the methods', () => {
  test('say that the server lives and is ready, and what it and its models are', async () => {
    const { send } = await serve(models, { serverName: 'ours', serverVersion: '3' });
    expect(await send('ServerLive').answer).toEqual({ live: true });
    expect(await send('ServerReady').answer).toEqual({ ready: true });
    expect(await send('ServerMetadata').answer).toEqual({
      name: 'ours',
      version: '3',
      extensions: [],
    });
    expect(await send('ModelReady', { name: 'm' }).answer).toEqual({ ready: true });
    expect(await send('ModelReady', { name: 'm', version: '1' }).answer).toEqual({ ready: true });
    expect(await send('ModelReady', { name: 'm', version: '2' }).answer).toEqual({ ready: false });
    expect(await send('ModelMetadata', { name: 'm' }).answer).toEqual({
      name: 'm',
      versions: ['1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['-1', '2'] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['-1', '2'] }],
    });
  });

  test('a server that drains, or has no models, is not ready and goes on answering', async () => {
    const { models: draining, runtime } = await gated();
    const { send } = await serve(draining);
    expect(await send('Check', {}).answer).toEqual({ status: 'SERVING' });
    draining.drain();
    expect(await send('ServerReady').answer).toEqual({ ready: false });
    expect(await send('ServerLive').answer).toEqual({ live: true });
    expect(await send('Check', { service: 'inference.GRPCInferenceService' }).answer).toEqual({
      status: 'NOT_SERVING',
    });
    const sent = send('ModelInfer', rowOf(1));
    await until(() => runtime.gates.length === 1);
    runtime.gates[0]?.open();
    expect((await sent.answer).model_version).toBe('1');
    expect(await failure(send('Check', { service: 'other' }))).toMatchObject({
      code: status.NOT_FOUND,
    });
    await draining.close();
  });
});

describe('ModelInfer', () => {
  test('typed in, typed out, with the id, the model and its version, in metadata too', async () => {
    const { send } = await serve(models);
    const sent = send('ModelInfer', typed());
    const { outputs, ...rest } = await sent.answer;
    expect(rest).toMatchObject({ model_name: 'm', model_version: '1', id: 'seven' });
    expect(rest.raw_output_contents).toEqual([]);
    expect(outputs).toMatchObject([
      { name: 'y', datatype: 'FP32', shape: ['1', '2'], contents: { fp32_contents: [3, 5] } },
    ]);
    const headers = await sent.headers;
    expect(headers.get('fairlead-model')).toEqual(['m']);
    expect(headers.get('fairlead-version')).toEqual(['1']);
  });

  test('raw in, raw out', async () => {
    const { send } = await serve(models);
    const { outputs, raw_output_contents: bytes } = await send('ModelInfer', raw(floats(1, 2)))
      .answer;
    expect(outputs).toMatchObject([{ name: 'y', shape: ['1', '2'], contents: null }]);
    expect(bytes).toEqual([floats(3, 5)]);
  });

  test('typed inputs, raw outputs where they are requested', async () => {
    const { send } = await serve(models);
    const message = { ...typed(), parameters: { binary_data_output: { bool_param: true } } };
    expect((await send('ModelInfer', message).answer).raw_output_contents).toEqual([floats(3, 5)]);
  });

  test('64-bit integers, text, halves and flags come back as they went', async () => {
    const { send } = await serve(echoes);
    const whole = new BigInt64Array([2n ** 63n - 1n, -(2n ** 53n) - 1n]);
    const text = Buffer.from('\u0001\0\0\0a\u0000\0\0\0');
    const message = {
      model_name: 'm',
      inputs: [
        { name: 'whole', datatype: 'INT64', shape: [2] },
        { name: 'text', datatype: 'BYTES', shape: [2] },
        { name: 'half', datatype: 'FP16', shape: [2] },
        { name: 'flag', datatype: 'BOOL', shape: [2] },
      ],
      raw_input_contents: [
        Buffer.from(whole.buffer),
        text,
        Buffer.from([0, 0x3c, 1, 0x7c]),
        Buffer.from([0, 1]),
      ],
    };
    const all = await send('ModelInfer', message).answer;
    expect(all.outputs.map(({ name }) => name)).toEqual(echo.outputs.map(({ name }) => name));
    expect(all.raw_output_contents).toEqual(message.raw_input_contents);

    const some = { ...message, outputs: [{ name: 'flag_out' }, { name: 'whole_out' }] };
    const wanted = await send('ModelInfer', some).answer;
    expect(wanted.outputs.map(({ name }) => name)).toEqual(['flag_out', 'whole_out']);
    expect(wanted.raw_output_contents).toEqual([Buffer.from([0, 1]), Buffer.from(whole.buffer)]);
  });

  test('what goes through typed contents is what came, for any values of any datatype', async () => {
    for (const kind of Object.keys(KINDS) as Kind[]) {
      const identity: Runtime = {
        platform: 'test',
        concurrency: 1,
        execute: ([x]) =>
          Promise.resolve({ outputs: x ? [{ ...x, name: 'y' }] : [], computeDurationMs: 0 }),
        unhealthy: () => Promise.resolve(undefined),
        close: () => Promise.resolve(),
      };
      const one = (name: string) => [{ name, datatype: kind, shape: [-1] }];
      const server = new ModelServer({
        source: new MemorySource([
          { signature: { inputs: one('x'), outputs: one('y') }, runtime: { name: 'identity' } },
        ]),
        runtimes: { identity: { load: () => Promise.resolve(identity) } },
      });
      await server.serve('m');
      const { send } = await serve(server);
      const field = KINDS[kind];
      await fc.assert(
        fc.asyncProperty(fc.array(elements[kind], { maxLength: 20 }), async (values) => {
          const { outputs } = await send('ModelInfer', {
            model_name: 'm',
            inputs: [
              { name: 'x', datatype: kind, shape: [values.length], contents: { [field]: values } },
            ],
          }).answer;
          expect(outputs[0]?.contents?.[field]).toEqual(values);
          expect(outputs[0]?.shape).toEqual([String(values.length)]);
        }),
        { numRuns: 15 },
      );
      await server.close();
    }
  });
});

const integers = (bits: number, signed: boolean) =>
  signed
    ? fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n })
    : fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const elements: Readonly<Record<Kind, fc.Arbitrary<unknown>>> = {
  BOOL: fc.boolean(),
  INT8: integers(8, true).map(Number),
  INT16: integers(16, true).map(Number),
  INT32: integers(32, true).map(Number),
  INT64: integers(64, true).map(String),
  UINT8: integers(8, false).map(Number),
  UINT16: integers(16, false).map(Number),
  UINT32: integers(32, false).map(Number),
  UINT64: integers(64, false).map(String),
  FP32: fc.float(),
  FP64: fc.double(),
  BYTES: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
};

describe('what is wrong is the mistake of who sent it', () => {
  const x = { name: 'x', datatype: 'FP32', shape: [1, 2] };
  test.each<[string, object, RegExp]>([
    ['no model', { ...typed(), model_name: '' }, /name of the model/],
    ['too few elements', typed([1]), /"x": expected 2 elements for shape \[1,2\], found 1/],
    [
      'another field',
      { ...typed(), inputs: [{ ...x, contents: { fp64_contents: [1, 2] } }] },
      /"x": FP32 comes in fp32_contents, not in fp64_contents/,
    ],
    [
      'two fields',
      { ...typed(), inputs: [{ ...x, contents: { fp32_contents: [1, 2], int_contents: [1] } }] },
      /not in int_contents/,
    ],
    [
      'a datatype that is none',
      { ...typed(), inputs: [{ ...x, datatype: 'BF16' }] },
      /"x": expected a "datatype" of BOOL/,
    ],
    ['a negative length', typed([], [-1, 2]), /"x": expected a "shape"/],
    [
      'a shape of 2^63',
      { ...typed([]), inputs: [{ ...x, shape: ['9223372036854775807', '2'] }] },
      /"x": expected a "shape"/,
    ],
    [
      'a shape that overflows',
      typed([], [2 ** 30, 2 ** 30]),
      /"x": expected fewer than 2\^53 elements/,
    ],
    [
      'FP16 without raw contents',
      { ...typed(), inputs: [{ ...x, datatype: 'FP16' }] },
      /"x": FP16 has no typed contents/,
    ],
    [
      'an integer out of its range',
      { ...typed(), inputs: [{ ...x, datatype: 'INT8', contents: { int_contents: [1, 128] } }] },
      /"x": expected -128 to 127 \(INT8\), found 128 at element 1/,
    ],
    [
      'both kinds of contents',
      { ...typed(), raw_input_contents: [floats(1, 2)] },
      /"x" has contents beside raw_input_contents/,
    ],
    [
      'too many raw contents',
      { ...raw(floats(1, 2)), raw_input_contents: [floats(1, 2), floats(1)] },
      /2 raw_input_contents came for 1 inputs/,
    ],
    ['too few bytes', raw(floats(1)), /"x": expected 8 bytes/],
    [
      'an unknown input',
      { ...typed(), inputs: [{ ...x, name: 'z', contents: { fp32_contents: [1, 2] } }] },
      /"z"/,
    ],
    ['no inputs', { model_name: 'm' }, /"x"/],
    ['an unknown output', { ...typed(), outputs: [{ name: 'z' }] }, /output "z"/],
    ['a long id', { ...typed(), id: 'i'.repeat(1025) }, /at most 1024/],
    [
      'a negative timeout',
      { ...typed(), parameters: { timeout: { int64_param: -1 } } },
      /"timeout"/,
    ],
    [
      'a priority of text',
      { ...typed(), parameters: { priority: { string_param: 'high' } } },
      /"priority"/,
    ],
    [
      'a timeout of 2^63',
      { ...typed(), parameters: { timeout: { uint64_param: '9223372036854775808' } } },
      /"timeout"/,
    ],
    ['bytes that are no message', Buffer.from([0x0a, 0xff, 0xff, 0xff]), /can't be decoded/],
  ])('%s', async (_, message, said) => {
    const { send } = await serve(models);
    const { code, details } = await failure(send('ModelInfer', message));
    expect(details).toMatch(said);
    expect(code).toBe(status.INVALID_ARGUMENT);
    // After any message, the next one is answered.
    expect((await send('ModelInfer', typed()).answer).id).toBe('seven');
  });

  test('an unknown model or version is not found; what we lack is not implemented', async () => {
    const { send } = await serve(models);
    const codeOf = async (...args: Parameters<typeof send>) => (await failure(send(...args))).code;
    expect(await codeOf('ModelInfer', { ...typed(), model_name: 'z' })).toBe(status.NOT_FOUND);
    expect(await codeOf('ModelInfer', { ...typed(), model_version: '9' })).toBe(status.NOT_FOUND);
    expect(await codeOf('ModelReady', { name: 'z' })).toBe(status.NOT_FOUND);
    expect(await codeOf('ModelMetadata', { name: 'm', version: '9' })).toBe(status.NOT_FOUND);
    expect(await codeOf('ModelReady', {})).toBe(status.INVALID_ARGUMENT);
    const shared = { shared_memory_region: { string_param: 'r' } };
    const region = [{ ...typed().inputs[0], contents: null, parameters: shared }];
    expect(await codeOf('ModelInfer', { ...typed(), inputs: region })).toBe(status.UNIMPLEMENTED);
    const top = [{ name: 'y', parameters: { classification: { int64_param: 2 } } }];
    expect(await codeOf('ModelInfer', { ...typed(), outputs: top })).toBe(status.UNIMPLEMENTED);
  });

  test('a message over the limit is refused, compressed or not; an answer may be larger', async () => {
    const { port, send } = await serve(models, { maxMessageBytes: 1000 });
    const large = raw(Buffer.alloc(2000), [250, 2]);
    expect((await failure(send('ModelInfer', large))).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(gzipSync(Buffer.alloc(2000)).length).toBeLessThan(100);
    const compressing = clientOf(port, {
      'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
    });
    expect((await failure(compressing('ModelInfer', large))).code).toBe(status.RESOURCE_EXHAUSTED);
    const fits = raw(Buffer.alloc(800), [100, 2]);
    expect((await compressing('ModelInfer', fits).answer).raw_output_contents[0]?.length).toBe(800);
  });
});

describe('time', () => {
  test('an expired call ends with DEADLINE_EXCEEDED and is never executed', async () => {
    const { models, runtime, finished } = await gated();
    const { send } = await serve(models);
    const first = send('ModelInfer', rowOf(1));
    await until(() => runtime.gates.length === 1);
    expect((await failure(send('ModelInfer', rowOf(2), { deadline: 200 }))).code).toBe(
      status.DEADLINE_EXCEEDED,
    );
    await until(() => finished.length === 1);
    expect(finished[0]).toMatchObject({ outcome: 'failure', reason: 'CANCELED' });
    runtime.gates[0]?.open();
    await first.answer;
    await models.close();
    expect(runtime.executed).toEqual([[1]]);
  });

  test('a canceled call is never executed', async () => {
    const { models, runtime, finished } = await gated();
    const { send } = await serve(models);
    const first = send('ModelInfer', rowOf(1));
    await until(() => runtime.gates.length === 1);
    const second = send('ModelInfer', rowOf(2));
    // The server takes it in before it is taken back.
    await send('ServerLive').answer;
    second.cancel();
    expect((await failure(second)).code).toBe(status.CANCELLED);
    await until(() => finished.length === 1);
    expect(finished[0]?.reason).toBe('CANCELED');
    runtime.gates[0]?.open();
    await first.answer;
    await models.close();
    expect(runtime.executed).toEqual([[1]]);
  });

  test('the parameters timeout and priority mean what they mean over HTTP', async () => {
    const { models, runtime } = await gated();
    const { send } = await serve(models);
    const first = send('ModelInfer', rowOf(1));
    await until(() => runtime.gates.length === 1);
    const late = send('ModelInfer', rowOf(2, { timeout: { int64_param: 50_000 } }));
    expect((await failure(late)).code).toBe(status.DEADLINE_EXCEEDED);
    const low = send('ModelInfer', rowOf(3));
    const high = send('ModelInfer', rowOf(4, { priority: { uint64_param: 1 } }));
    await send('ServerLive').answer;
    for (let open = 0; open < 3; open++) {
      await until(() => runtime.gates.length === open + 1);
      runtime.gates[open]?.open();
    }
    await Promise.all([first.answer, low.answer, high.answer]);
    expect(runtime.executed).toEqual([[1], [4], [3]]);
    await models.close();
  });

  test('a full queue is UNAVAILABLE and says when to try again', async () => {
    const { models, runtime } = await gated({ maxQueued: 0 });
    const { send } = await serve(models);
    const first = send('ModelInfer', rowOf(1));
    await until(() => runtime.gates.length === 1);
    const { code, metadata } = await failure(send('ModelInfer', rowOf(2)));
    expect(code).toBe(status.UNAVAILABLE);
    expect(metadata.get('retry-after')).toEqual(['1']);
    expect(metadata.get('grpc-retry-pushback-ms')).toEqual(['1000']);
    runtime.gates[0]?.open();
    await first.answer;
    await models.close();
  });
});

describe('internal errors', () => {
  test('are returned without details, and reported to onError', async () => {
    const healthy = new GatedRuntime({ gated: false });
    let warm = false;
    const broken: Runtime = {
      platform: 'test',
      concurrency: 1,
      execute: (inputs, context) =>
        warm ? Promise.reject(new Error('PLANTED')) : healthy.execute(inputs, context),
      unhealthy: () => Promise.resolve(undefined),
      close: () => Promise.resolve(),
    };
    const server = new ModelServer({
      source: new MemorySource([{ signature: rows, runtime: { name: 'broken' } }]),
      runtimes: { broken: { load: () => Promise.resolve(broken) } },
    });
    await server.serve('m');
    warm = true;
    const errors: unknown[] = [];
    const { send } = await serve(server, { onError: (error) => errors.push(error) });
    const { code, details } = await failure(send('ModelInfer', rowOf(1)));
    expect({ code, details }).toEqual({ code: status.INTERNAL, details: 'internal error' });
    expect(errors).toHaveLength(1);
    await server.close();
  });
});

describe('an admitted client', () => {
  test.each([true, false])(
    'is decided for each call and each model; with the interceptor: %s',
    async (intercepts) => {
      const seen: string[] = [];
      const refusal = (httpStatus: number, headers = {}) =>
        Object.assign(new Error(`refused with ${httpStatus}`), {
          status: httpStatus,
          expose: true,
          headers,
        });
      const { send } = await serve(models, {
        intercepts,
        admit: ({ method, metadata, peer }) => {
          expect(peer).toMatch(/^127\.0\.0\.1:/);
          const [key] = metadata.get('authorization');
          seen.push(method);
          if (key === undefined) throw refusal(401);
          if (key === 'too often') throw refusal(429, { 'Retry-After': '7' });
          if (key === 'broken') throw new Error('PLANTED');
          return {
            mayInfer(model) {
              if (key !== model) throw refusal(403);
            },
          };
        },
      });
      const as = (key: string) => {
        const metadata = new Metadata();
        metadata.set('authorization', key);
        return { metadata };
      };
      const nothing = Buffer.from([0xff]);
      expect(await failure(send('ModelInfer', nothing))).toMatchObject({
        code: status.UNAUTHENTICATED,
        details: 'refused with 401',
      });
      expect((await failure(send('ServerLive'))).code).toBe(status.UNAUTHENTICATED);
      const long = { ...typed(), model_name: 'm'.repeat(257) };
      const wrong = await failure(send('ModelInfer', long, as('m')));
      expect([wrong.code, wrong.details.length < 200]).toEqual([status.INVALID_ARGUMENT, true]);
      expect(wrong.metadata.get('fairlead-error')).toEqual(['ERR_SERVING_BAD_REQUEST']);
      const often = await failure(send('ModelInfer', typed(), as('too often')));
      expect(often.code).toBe(status.RESOURCE_EXHAUSTED);
      expect(often.metadata.get('retry-after')).toEqual(['7']);
      expect((await failure(send('ModelInfer', typed(), as('other')))).code).toBe(
        status.PERMISSION_DENIED,
      );
      expect(await failure(send('ModelInfer', typed(), as('broken')))).toMatchObject({
        code: status.INTERNAL,
        details: 'internal error',
      });
      expect((await send('ModelInfer', typed(), as('m')).answer).model_version).toBe('1');
      expect(seen).toHaveLength(7);
    },
  );
});

test('an admission whose mayInfer returns a promise admits no call', async () => {
  const mayInfer = (): void => Promise.reject(new Error('no scope')) as unknown as undefined;
  const { send } = await serve(models, { admit: () => ({ mayInfer }) });
  expect(await failure(send('ModelInfer', typed()))).toMatchObject({
    code: status.INTERNAL,
    details: 'mayInfer() returned a promise; it must return nothing, or throw',
  });
});

/** 16 million integers of 64 bits, which compress to 16 kB. */
function manyElements(model: string): Buffer {
  const field = (number: number, bytes: Buffer | string): Buffer => {
    const length = Buffer.alloc(5);
    const size = Buffer.byteLength(bytes);
    for (let group = 0; group < 5; group++) {
      length[group] = ((size >>> (7 * group)) & 0x7f) | (group < 4 ? 0x80 : 0);
    }
    return Buffer.concat([Buffer.from([(number << 3) | 2]), length, Buffer.from(bytes as string)]);
  };
  const elements = Buffer.alloc(16 * 1024 * 1024 - 4096, 1);
  // A message of 1s alone unpacks to more than 100 times its size.
  for (const [index, byte] of randomBytes(512 * 1024).entries()) elements[index] = byte & 0x7f;
  const contents = field(5, field(3, elements));
  const input = Buffer.concat([field(1, 'x'), field(2, 'INT64'), contents]);
  return Buffer.concat([field(1, model), field(5, input)]);
}

test('a compressed message of 16 million elements is refused before it is decoded', async () => {
  const { port } = await serve(models, {
    admit: () => ({
      mayInfer(model) {
        if (model === 'm') return;
        throw Object.assign(new Error('no scope'), { status: 403, expose: true });
      },
    }),
  });
  const send = clientOf(port, {
    'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
  });
  const denied = await failure(send('ModelInfer', manyElements('theirs')));
  expect(denied.code).toBe(status.PERMISSION_DENIED);
  const refused = await failure(send('ModelInfer', manyElements('m')));
  expect(refused.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(refused.details).toMatch(/4194304 elements/);
  expect(refused.metadata.get('fairlead-error')).toEqual(['ERR_SERVING_BODY_TOO_LARGE']);
});

test('messages that would take more memory than is left are refused, compressed or not', async () => {
  const bodies = new BodyMemory(200_000);
  const { port, send } = await serve(models, { bodies });
  const rows = 40_000;
  const large = raw(Buffer.alloc(8 * rows), [rows, 2]);
  const compressing = clientOf(port, {
    'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
  });
  for (const sent of [send('ModelInfer', large), compressing('ModelInfer', large)]) {
    const refused = await failure(sent);
    expect(refused.code).toBe(status.UNAVAILABLE);
    expect(refused.details).toMatch(/200000 bytes/);
  }
  expect((await send('ModelInfer', typed()).answer).id).toBe('seven');
  await until(() => bodies.used === 0);
});

test('messages that would take more memory than one client may are rejected, and those of others accepted', async () => {
  const bodies = new BodyMemory(800_000);
  const admit = ({ metadata: sent }: IncomingCall) => {
    const [client] = sent.get('x-client').map(String);
    return client === undefined ? {} : { client };
  };
  const { send } = await serve(models, { bodies, admit });
  const rows = 40_000;
  const metadata = new Metadata();
  metadata.set('x-client', 'a');
  const large = raw(Buffer.alloc(8 * rows), [rows, 2]);
  const other = send('ModelInfer', large);
  const refused = await failure(send('ModelInfer', large, { metadata }));
  expect(refused.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(refused.details).toMatch(/200000 bytes, the limit of one client/);
  expect(refused.metadata.getMap()).toMatchObject({
    'fairlead-error': 'ERR_SERVING_CLIENT_LIMIT',
    'retry-after': '1',
  });
  expect((await other.answer).id).toBeDefined();
  await until(() => bodies.used === 0 && bodies.clients === 0);
});

test('the version is chosen by the routing key of the call, else by its client, else by its id', async () => {
  const keys: (string | undefined)[] = [];
  const router: VersionRouter = {
    route: (_target, key) => {
      keys.push(key);
      return undefined;
    },
  };
  const routed = new ModelServer({
    source: new MemorySource([{ signature: affine }]),
    runtimes: { onnx: onnxRuntime() },
    router,
  });
  onTestFinished(() => routed.close());
  await routed.serve('m');
  const first = (name: string) => (call: IncomingCall) => call.metadata.get(name).map(String)[0];
  const { send } = await serve(routed, {
    admit: (call) => {
      const client = first('x-client')(call);
      return client === undefined ? {} : { client };
    },
    requestId: first('x-request-id'),
    routingKey: first('x-user'),
  });
  for (const names of [
    ['x-user', 'x-client', 'x-request-id'],
    ['x-client', 'x-request-id'],
    ['x-request-id'],
  ]) {
    const metadata = new Metadata();
    for (const name of names) metadata.set(name, `of ${name}`);
    await send('ModelInfer', typed(), { metadata }).answer;
  }
  expect(keys).toEqual(['of x-user', 'of x-client', 'of x-request-id']);
});

test.each(['ModelReady', 'ModelMetadata', 'ServerLive', 'Check'])(
  'a message of 1 MiB for %s, which needs none as large, is refused',
  async (method) => {
    const { send } = await serve(models);
    // A field that no message has, 500,000 times.
    const bytes = Buffer.alloc(1024 * 1024, Buffer.from([15 << 3, 1]));
    const refused = await failure(send(method, bytes));
    expect(refused.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(refused.details).toMatch(/8192 bytes/);
  },
);

describe('before a message is read', () => {
  /** Begins a call, and a message that never ends. */
  async function begin(port: number, headers: Record<string, string>) {
    const session = connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => {
      session.destroy();
    });
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('error', () => undefined);
    stream.write(Buffer.from([0, 0, 255, 255, 255]));
    const [answer] = (await once(stream, 'response')) as [Record<string, string>];
    stream.resume();
    if (answer['grpc-status'] !== undefined) return Number(answer['grpc-status']);
    const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>];
    return Number(trailers['grpc-status']);
  }

  test.each([0, 1.5, NaN, 2 ** 31])('%d is no time for a message to come', (receiveTimeoutMs) => {
    expect(() => inferenceService(models, { receiveTimeoutMs })).toThrow(/receiveTimeoutMs is/);
  });

  test('a call without a key is rejected, and one that sends for too long times out', async () => {
    const { port } = await serve(models, {
      receiveTimeoutMs: 50,
      admit: ({ metadata }) => {
        if (metadata.get('authorization').length > 0) return {};
        throw Object.assign(new Error('no key'), { status: 401, expose: true });
      },
    });
    expect(await begin(port, {})).toBe(status.UNAUTHENTICATED);
    expect(await begin(port, { authorization: 'm' })).toBe(status.DEADLINE_EXCEEDED);
  });
});

describe('shutting down', () => {
  test('answers what is in flight and takes nothing new', async () => {
    const { models, runtime } = await gated();
    const { server, port, send } = await serve(models);
    const first = send('ModelInfer', rowOf(1));
    await until(() => runtime.gates.length === 1);
    const closed = shutDownGrpc(server, 25_000);
    expect((await failure(clientOf(port)('ServerLive'))).code).toBe(status.UNAVAILABLE);
    runtime.gates[0]?.open();
    expect((await first.answer).model_version).toBe('1');
    expect(await closed).toBe(true);
    await models.close();
  });

  test('cuts off what outlasts the grace period, and says so', async () => {
    const { models, runtime, finished } = await gated();
    const { server, send } = await serve(models);
    const first = send('ModelInfer', rowOf(1));
    await until(() => runtime.gates.length === 1);
    expect(await shutDownGrpc(server, 50)).toBe(false);
    await until(() => finished.length === 1);
    expect(finished[0]?.reason).toBe('CANCELED');
    expect((await failure(first)).code).not.toBe(status.OK);
    runtime.gates[0]?.open();
    await models.close();
  });
});

test('a limit that is none is refused when the server is made', () => {
  expect(() => grpcServerOptions({ maxMessageBytes: 0 })).toThrow(/maxMessageBytes is 0/);
});
