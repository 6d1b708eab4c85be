import { until } from '@fairlead/test-support/polling';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { BodyMemory, ModelServer } from '@fairlead/serving';
import {
  healthService,
  inferenceService,
  grpcServerOptions,
  type InferenceServiceOptions,
} from '@fairlead/serving/grpc';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { DEFAULT_BODY_MEMORY_BYTES } from '../../src/protocol/body-memory.ts';
import { affine, MemorySource } from '../memory-source.ts';

const MIB = 1024 * 1024;
const CHECK = '/grpc.health.v1.Health/Check';
const INFER = '/inference.GRPCInferenceService/ModelInfer';
const SMALL = [
  CHECK,
  ...['ServerLive', 'ServerReady', 'ServerMetadata', 'ModelReady', 'ModelMetadata'].map(
    (method) => `/inference.GRPCInferenceService/${method}`,
  ),
];

const models = new ModelServer({
  source: new MemorySource([{ signature: affine }]),
  runtimes: { onnx: onnxRuntime() },
});
beforeAll(() => models.serve('m'));
afterAll(() => models.close());

async function serve(options: InferenceServiceOptions = {}): Promise<ClientHttp2Session> {
  const service = inferenceService(models, options);
  const server = new Server({ ...grpcServerOptions(), interceptors: [service.interceptor] });
  for (const each of [service, healthService(models)])
    server.addService(each.definition, each.implementation);
  const bound = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) bound.resolve(port);
    else bound.reject(error);
  });
  const session = connect(`http://127.0.0.1:${await bound.promise}`);
  session.on('error', () => undefined);
  onTestFinished(() => {
    session.destroy();
    server.forceShutdown();
  });
  await once(session, 'remoteSettings');
  return session;
}

/** Starts a call and doesn't end it. */
function begin(session: ClientHttp2Session, path: string, bytes?: Buffer) {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    'grpc-encoding': 'gzip',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  stream.resume();
  if (bytes !== undefined) stream.write(bytes);
  return { stream, ended: endOf(stream) };
}

/** The status of a call whose stream the server closed, and the error of its stream. */
async function endOf(stream: ClientHttp2Stream) {
  let sent: unknown;
  for (const event of ['response', 'trailers'])
    stream.on(event, (headers: Record<string, unknown>) => (sent ??= headers['grpc-status']));
  await new Promise((resolve) => stream.once('close', resolve));
  return { code: sent === undefined ? undefined : Number(sent), rstCode: stream.rstCode };
}

function frameOf(message: Buffer, compressed = 1): Buffer {
  const head = Buffer.alloc(5, compressed);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

test('forty unfinished health checks of 8 kB take nothing of the memory of bodies', async () => {
  const bodies = new BodyMemory(DEFAULT_BODY_MEMORY_BYTES);
  let most = 0;
  const open = bodies.open.bind(bodies);
  bodies.open = (client) => {
    const account = open(client);
    const resize = account.resize.bind(account);
    account.resize = (bytes) => {
      resize(bytes);
      most = Math.max(most, bodies.used);
    };
    return account;
  };
  const session = await serve({ bodies, receiveTimeoutMs: 500 });
  const frame = frameOf(gzipSync(randomBytes(8000)));
  const calls = SMALL.flatMap((path) =>
    Array.from({ length: 7 }, () => begin(session, path, frame)),
  );
  const ends = await Promise.all(calls.map(({ ended }) => ended));
  expect(new Set(ends.map(({ code }) => code))).toEqual(new Set([status.DEADLINE_EXCEEDED]));
  expect(most).toBe(0);
});

test.each(SMALL)('an unfinished call of %s is ended after the receive timeout', async (path) => {
  const session = await serve({ receiveTimeoutMs: 100 });
  for (const bytes of [undefined, frameOf(gzipSync(Buffer.from([])))]) {
    expect(await begin(session, path, bytes).ended).toEqual({
      code: status.DEADLINE_EXCEEDED,
      rstCode: 0,
    });
  }
});

test.each(SMALL)('a message of %s may have 8 KiB once it is decompressed', async (path) => {
  const session = await serve();
  // A field that no message has.
  const unknown = (bytes: number) => Buffer.alloc(bytes, Buffer.from([15 << 3, 1]));
  const bomb = gzipSync(unknown(4 * MIB));
  expect(bomb.length).toBeLessThan(8192);
  const rejected = begin(session, path, frameOf(bomb));
  expect((await rejected.ended).code).toBe(status.RESOURCE_EXHAUSTED);
  const fits = begin(session, path, frameOf(gzipSync(unknown(8000))));
  fits.stream.end();
  expect((await fits.ended).code).not.toBe(status.RESOURCE_EXHAUSTED);
});

test('the streams of forty rejected calls without a key are closed although they are unfinished', async () => {
  const bodies = new BodyMemory(DEFAULT_BODY_MEMORY_BYTES);
  const session = await serve({
    bodies,
    admit: () => {
      throw Object.assign(new Error('no key'), { status: 401, expose: true });
    },
  });
  const frame = frameOf(gzipSync(randomBytes(100_000)));
  const calls = Array.from({ length: 40 }, () => begin(session, INFER, frame));
  const ends = await Promise.all(calls.map(({ ended }) => ended));
  expect(ends).toEqual(ends.map(() => ({ code: status.UNAUTHENTICATED, rstCode: 0 })));
  expect(bodies.used).toBe(0);
});

test('the streams of a method that is not here are closed although they are unfinished', async () => {
  const session = await serve();
  for (const path of [
    '/grpc.health.v1.Health/Watch',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  ])
    expect((await begin(session, path).ended).code).toBe(status.UNIMPLEMENTED);
});

test('a connection has 100 calls at the same time, and more are refused', async () => {
  const session = await serve();
  const calls = Array.from({ length: 100 }, () => begin(session, CHECK));
  expect(session.remoteSettings.maxConcurrentStreams).toBe(100);
  const rest = begin(session, CHECK);
  rest.stream.end(frameOf(Buffer.alloc(0), 0));
  // The client holds it back until a stream is free.
  for (const { stream } of calls.slice(0, 1)) stream.end(frameOf(Buffer.alloc(0), 0));
  expect((await rest.ended).code).toBe(status.OK);
});

test('compressed messages in flight take the memory that they unpack to', async () => {
  const bodies = new BodyMemory(DEFAULT_BODY_MEMORY_BYTES);
  const session = await serve({ bodies, admit: () => ({ client: 'a' }) });
  const message = Buffer.concat([randomBytes(240_000), Buffer.alloc(160_000)]);
  const frame = frameOf(gzipSync(message));
  const calls = Array.from({ length: 40 }, () => begin(session, INFER, frame));
  await until(() => bodies.used === 40 * message.length);
  for (const { stream } of calls) stream.end();
  // It is no message of inference.
  for (const { code } of await Promise.all(calls.map(({ ended }) => ended)))
    expect(code).toBe(status.INVALID_ARGUMENT);
  await until(() => bodies.used === 0);
});

test('a message unpacks to 100 times its size, or to 1 MiB', async () => {
  const session = await serve();
  const bomb = begin(session, INFER, frameOf(gzipSync(Buffer.alloc(16 * MIB - 1))));
  expect((await bomb.ended).code).toBe(status.RESOURCE_EXHAUSTED);
  const broken = begin(session, INFER, frameOf(Buffer.from('not gzip')));
  expect((await broken.ended).code).toBe(status.INVALID_ARGUMENT);
});
