import { until } from '@fairlead/test-support/polling';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  ModelServer,
  type InferenceObserver,
  type InferResult,
  type ModelServerOptions,
  type ServingEvent,
  type VersionRouter,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

// Functions that a service passes to a model server, written as plain JavaScript may have them.

const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
const runtimes = { onnx: onnxRuntime() };
const source = new MemorySource([{ signature: affine }]);
const infer = (server: ModelServer, model = 'm'): Promise<InferResult> =>
  server.infer({ model }, { inputs: [x] });

const rejections: unknown[] = [];
const noteRejection = (reason: unknown): void => void rejections.push(reason);
beforeAll(() => process.on('unhandledRejection', noteRejection));
afterAll(() => process.off('unhandledRejection', noteRejection));
afterEach(() => {
  expect(rejections.splice(0)).toEqual([]);
});

describe('a router', () => {
  let route: (...args: Parameters<VersionRouter['route']>) => unknown = () => undefined;
  const events: ServingEvent[] = [];
  const server = new ModelServer({
    source,
    runtimes,
    router: { route: (target, key) => route(target, key) as ReturnType<VersionRouter['route']> },
    onEvent: (event) => {
      events.push(event);
    },
  });
  afterAll(() => server.close());

  test.each([
    ['returns a promise', () => Promise.resolve({ version: '1' }), 'route() returned a promise;'],
    ['rejects', () => Promise.reject(new Error('no database')), 'route() returned a promise;'],
    ['returns null', () => null, 'route() returned null;'],
    ['returns a string', () => '1', 'route() returned "1";'],
    [
      'chooses a number',
      () => ({ version: 1 }),
      'route() chose the version 1; it must be a string',
    ],
    [
      'chooses a number as shadow',
      () => ({ version: '1', shadow: 1 }),
      'route() chose the shadow 1;',
    ],
    ['chooses an unknown version', () => ({ version: '9' }), 'version "9" is not live; live: 1'],
    [
      'chooses an unknown shadow',
      () => ({ version: '1', shadow: '9' }),
      'shadow version "9" is not live; live: 1',
    ],
    [
      'throws',
      () => {
        throw new Error('no table');
      },
      'no table',
    ],
    [
      'throws while its choice is read',
      () => ({
        get version() {
          throw new Error('no getter');
        },
      }),
      'no getter',
    ],
  ])(
    'that %s costs no request anything, and an event says what it returned',
    async (model, call, reason) => {
      await server.serve(model);
      route = call;
      expect(await infer(server, model)).toMatchObject({ model, version: '1' });
      const failed = events.filter(({ type }) => type === 'route-failed');
      expect(failed.filter((event) => event.model === model)).toEqual([
        { type: 'route-failed', model, reason: expect.stringContaining(reason) as unknown },
      ]);
    },
  );

  test('that changes the target changes no other request', async () => {
    await server.serve('own');
    route = (target) => {
      Object.assign(target, { model: 'other', version: '9' });
      return undefined;
    };
    const target = { model: 'own' };
    for (let n = 0; n < 2; n++) {
      expect(await server.infer(target, { inputs: [x] })).toMatchObject({ model: 'own' });
    }
    expect(target).toEqual({ model: 'own' });
  });
});

describe('an observer', () => {
  const quiet: InferenceObserver = {
    inferenceStarted: () => undefined,
    inferenceFinished: () => undefined,
    executed: () => undefined,
  };

  test.each(['inferenceStarted', 'inferenceFinished', 'executed'] as const)(
    'that throws or rejects in %s costs no request anything, and the server closes',
    async (method) => {
      const events: ServingEvent[] = [];
      let calls = 0;
      const fail = (): unknown => {
        calls += 1;
        if (calls % 2 === 0) return Promise.reject(new Error('full disk'));
        throw new Error('full disk');
      };
      const server = new ModelServer({
        source,
        runtimes,
        observer: { ...quiet, [method]: fail },
        onEvent: (event) => {
          events.push(event);
        },
      });
      await server.serve('m');
      for (let n = 0; n < 3; n++) expect(await infer(server)).toMatchObject({ version: '1' });
      await server.close();
      expect(calls).toBeGreaterThanOrEqual(3);
      expect(events.filter(({ type }) => type === 'observer-failed')).toEqual([
        { type: 'observer-failed', model: 'm', reason: 'full disk', failed: 1 },
      ]);
    },
  );
});

test('an onEvent that throws or rejects delays no load, and becomes one warning', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  let calls = 0;
  const server = new ModelServer({
    source,
    runtimes,
    onEvent: (): unknown => {
      calls += 1;
      if (calls % 2 === 0) return Promise.reject(new Error('no log'));
      throw new Error('no log');
    },
  });
  await server.serve('m');
  expect(await infer(server)).toMatchObject({ version: '1' });
  await server.close();
  await until(() => calls === 2);
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining('onEvent failed: Error: no log'), 'FairleadWarning'],
  ]);
});

describe('a model server', () => {
  test.each([
    [{ router: {} }, 'router lacks route(); it must be an object with route()'],
    [{ router: () => ({ version: '1' }) }, 'router is function; it must be an object with route()'],
    [
      { router: { route: () => undefined, finished: 1 } },
      'router lacks finished(); it must be an object with finished()',
    ],
    [{ router: null }, 'router is null; it must be an object with route()'],
    [{ recorder: [] }, 'recorder lacks record(); it must be an object with record()'],
    [
      { observer: { executed: () => undefined } },
      'observer lacks inferenceStarted(), inferenceFinished(); it must be an object with inferenceStarted(), inferenceFinished(), executed()',
    ],
    [{ onEvent: 'log' }, 'onEvent is "log"; it must be a function'],
    [{ now: 5 }, 'now is 5; it must be a function'],
    [{ serveOptions: {} }, 'serveOptions is object; it must be a function'],
    [
      { source: { resolve: () => undefined } },
      'source lacks follow(), openVersion(); it must be an object with resolve(), follow(), openVersion()',
    ],
    [
      { runtimes: { onnx: onnxRuntime } },
      'runtimes.onnx is function; it must be an object with load()',
    ],
  ])('refuses %j', (options, message) => {
    const given = { source, runtimes, ...options } as unknown as ModelServerOptions;
    expect(() => new ModelServer(given)).toThrow(
      expect.objectContaining({ code: 'ERR_SERVING_INVALID_OPTION', message }),
    );
  });
});
