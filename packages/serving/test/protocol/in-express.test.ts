import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import express, { type RequestHandler } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { inferenceHandler, ModelServer, type InferenceHandlerOptions } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const models = new ModelServer({
  source: new MemorySource([{ signature: affine }]),
  runtimes: { onnx: onnxRuntime() },
});
const closing: (() => Promise<unknown>)[] = [];
const errors: unknown[] = [];
beforeAll(() => models.serve('m'));
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  errors.length = 0;
});
afterAll(() => models.close());

const handler = (options: InferenceHandlerOptions = {}): RequestHandler =>
  inferenceHandler(models, { onError: (error) => errors.push(error), ...options });
const text = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}';
const json = { 'content-type': 'application/json' };

async function infer(
  app: RequestListener,
  {
    path = '/v2/models/m/infer',
    headers = {},
    body = text,
  }: { path?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<{ status: number; error?: string; outputs?: readonly { data: readonly number[] }[] }> {
  const server = createServer(app).listen(0, '127.0.0.1');
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body,
  });
  return { status: response.status, ...((await response.json()) as object) };
}
const answer = expect.objectContaining({
  status: 200,
  outputs: [expect.objectContaining({ data: [3, 5] })],
}) as unknown;

/** Lets a parser or another middleware run before the handler. */
const behind = (...middleware: RequestHandler[]): RequestListener =>
  express().use(...middleware, handler());

describe('mounted in Express, the inference handler', () => {
  test.each([
    ['twice', express().use(handler()).use(handler()), '/v2/models/m/infer'],
    ['below a path', express().use('/ml', handler()), '/ml/v2/models/m/infer'],
    [
      'in a router of a router',
      express().use('/a', express.Router().use('/b', handler())),
      '/a/b/v2/models/m/infer',
    ],
    ['at its route', express().post('/v2/models/:model/infer', handler()), '/v2/models/m/infer'],
    [
      'behind a trusted proxy',
      express().set('trust proxy', true).use(handler()),
      '/v2/models/m/infer',
    ],
  ])('answers %s', async (_where, app, path) => {
    expect(await infer(app, { path })).toEqual(answer);
  });

  test.each([
    ['a parser of other media types', express.urlencoded({ extended: true })],
    ['express.raw()', express.raw({ type: '*/*' })],
    [
      'a parser that sets req.body of bodies that it leaves unread',
      ((req, _res, next) => {
        req.body = {};
        next();
      }) satisfies RequestHandler,
    ],
    [
      'a middleware that waits',
      ((_req, _res, next) => {
        setTimeout(next, 20);
      }) satisfies RequestHandler,
    ],
  ])('answers behind %s, compressed bodies too', async (_what, middleware) => {
    const app = behind(middleware);
    expect(await infer(app)).toEqual(answer);
    for (const [coding, body] of [
      ['gzip', gzipSync(text)],
      ['deflate', deflateSync(text)],
    ] as const) {
      expect(await infer(app, { headers: { 'content-encoding': coding }, body })).toEqual(answer);
    }
  });

  test('decompresses a body that a parser stored as it was sent', async () => {
    const body = gzipSync(text);
    const app = behind((req, _res, next) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        req.body = Buffer.concat(chunks);
        next();
      });
    });
    expect(await infer(app, { headers: { 'content-encoding': 'gzip' }, body })).toEqual(answer);
  });

  test.each([
    [
      'express.json()',
      express.json(),
      'the body was parsed before it got here: mount the inference',
    ],
    ['express.text()', express.text({ type: '*/*' }), 'the body was parsed before it got here'],
    [
      'a middleware that read the body',
      ((req, _res, next) => {
        req.resume().on('end', () => {
          next();
        });
      }) satisfies RequestHandler,
      'the body was consumed before it reached the inference handler: mount it before',
    ],
    [
      'a middleware that read a part of the body',
      ((req, _res, next) => {
        req.once('data', () => {
          next();
        });
      }) satisfies RequestHandler,
      'the body was consumed before it reached the inference handler',
    ],
  ])('answers 500 at once behind %s, and says what to do', async (_what, middleware, message) => {
    const { status, error } = await infer(behind(middleware));
    expect({ status, error }).toEqual({
      status: 500,
      error: expect.stringContaining(message) as unknown,
    });
    expect(errors).toMatchObject([{ code: 'ERR_SERVING_INVALID_OPTION' }]);
  });
});

describe('an inference handler', () => {
  test.each([
    [
      'client',
      () => Promise.resolve('shop'),
      'client() returned a promise; it must return a string or undefined',
    ],
    ['client', () => Promise.reject(new Error('no session')), 'client() returned a promise'],
    ['client', () => 5, 'client() returned 5'],
    ['routingKey', () => null, 'routingKey() returned null'],
    ['requestId', () => ['7'], 'requestId() returned an array'],
  ])('whose %s returns no string answers 500, and says so', async (name, call, message) => {
    const { status, error } = await infer(express().use(handler({ [name]: call })));
    expect({ status, error }).toEqual({
      status: 500,
      error: expect.stringContaining(message) as unknown,
    });
  });

  test('whose onError throws answers all the same', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const fail = (): never => {
      throw new Error('no log');
    };
    const options = { onError: fail, client: fail };
    expect(await infer(express().use(handler(options)))).toMatchObject({ status: 500 });
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('onError failed: Error: no log'), 'FairleadWarning'],
    ]);
  });

  test.each(['client', 'requestId', 'routingKey', 'onError'])(
    'with a %s that is no function is refused',
    (name) => {
      expect(() => handler({ [name]: 'shop' })).toThrow(`${name} is "shop"; it must be a function`);
    },
  );
});
