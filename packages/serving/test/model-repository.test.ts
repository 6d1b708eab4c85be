import { until } from '@fairlead/test-support/polling';
import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { afterEach, describe, expect, test } from 'vitest';
import type { Tensor } from '@fairlead/signature';
import {
  inferenceHandler,
  ModelServer,
  openInference,
  requestAccess,
  sageMaker,
  type ModelServerOptions,
  type ServingEvent,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { ManyModels } from './many-models.ts';
import { affine, MemorySource, slow } from './memory-source.ts';

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const protocols = [
  openInference({ extensions: ['model_repository'] }),
  sageMaker({ model: 'a', modelControl: true }),
];

/** A model that has a version, and no alias. */
function withoutAlias(error = new Error('it has no alias')): MemorySource {
  return Object.assign(new MemorySource([{ signature: affine }]), {
    resolve: () => Promise.reject(error),
    async *follow(_model: string, _alias: string, { signal }: { readonly signal: AbortSignal }) {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      yield* [];
    },
  });
}

function setUp(options: Partial<ModelServerOptions> = {}) {
  const sources = {
    a: new MemorySource([{ signature: affine }, { signature: affine, file: 'affine-next.onnx' }]),
    b: new MemorySource([{ signature: affine, file: 'affine-next.onnx' }]),
    broken: new MemorySource([{ signature: affine, file: 'missing.onnx' }]),
    homeless: withoutAlias(),
    unaliased: withoutAlias(
      Object.assign(new Error('it has no alias "champion"; set it first'), {
        code: 'ERR_REGISTRY_ALIAS_NOT_FOUND',
      }),
    ),
    slow: new MemorySource([{ signature: slow, file: 'slow.onnx' }]),
  };
  const events: ServingEvent[] = [];
  const models = new ModelServer({
    source: new ManyModels(sources),
    runtimes: { onnx: onnxRuntime() },
    retryDelayMs: 10,
    onEvent: (event) => events.push(event),
    ...options,
  });
  servers.push(models);
  const handler = inferenceHandler(models, { protocols });
  const server: Server = createServer((req, res) => {
    handler(req, res);
  });
  const post = (path: string, body?: unknown) =>
    body === undefined
      ? request(server).post(path)
      : request(server)
          .post(path)
          .send(body as object);
  return { models, sources, events, server, post };
}

const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: new Float32Array([1, 2]) };
const times = (count: number): Tensor => ({
  name: 'times',
  datatype: 'INT64',
  shape: [1],
  data: new BigInt64Array([BigInt(count)]),
});
const answerOf = async (models: ModelServer, model: string) =>
  (await models.infer({ model }, { inputs: [x] })).outputs[0]?.data[0];

describe('loading', () => {
  test('a model that is known answers afterwards; what else could be loaded is listed', async () => {
    const { models, post } = setUp();
    const before = (await post('/v2/repository/index').expect(200)).body as unknown;
    expect(before).toEqual(
      ['a', 'b', 'broken', 'homeless', 'slow', 'unaliased'].map((name) => ({
        name,
        state: 'UNAVAILABLE',
        reason: 'unloaded',
      })),
    );
    await post('/v2/repository/models/%61/load', {}).expect(200);
    expect(await answerOf(models, 'a')).toBe(3);
    const ready = (await post('/v2/repository/index', { ready: true }).expect(200)).body as unknown;
    expect(ready).toEqual([
      {
        name: 'a',
        version: '1',
        state: 'READY',
        reason: '',
        file_bytes: 128,
        resident_bytes: expect.any(Number) as number,
      },
    ]);
  });

  test('a model that is loaded changes nothing, or brings the version that its alias names now', async () => {
    const { models, sources, post, events } = setUp({ retryDelayMs: 60_000 });
    await models.load('a');
    await post('/v2/repository/models/a/load').expect(200);
    expect(events.filter(({ type }) => type === 'swapped')).toHaveLength(1);
    sources.a.point(2);
    await post('/v2/repository/models/a/load').expect(200);
    expect(await answerOf(models, 'a')).toBe(103);
  });

  test('a model is served again as it was before', async () => {
    const { models, sources, post } = setUp();
    const aliases: string[] = [];
    const resolve = sources.a.resolve.bind(sources.a);
    sources.a.resolve = (model, alias) => {
      aliases.push(alias);
      return resolve(model, alias);
    };
    await models.serve('a', { alias: 'blue' });
    await post('/v2/repository/models/a/unload').expect(200);
    await post('/v2/repository/models/a/load').expect(200);
    expect(new Set(aliases)).toEqual(new Set(['blue']));
  });

  test('says why it failed, and leaves nothing behind', async () => {
    const { models, post, events } = setUp();
    await models.load('a');
    const body = (await post('/v2/repository/models/broken/load').expect(500)).body as unknown;
    expect((body as { error: string }).error).toMatch(/^model "broken" can't be loaded: .*missing/);
    const homeless = (await post('/v2/repository/models/homeless/load').expect(500))
      .body as unknown;
    expect(homeless).toEqual({ error: 'model "homeless" can\'t be loaded: it has no alias' });
    const withoutAlias = (await post('/v2/repository/models/unaliased/load').expect(404))
      .body as unknown;
    expect(withoutAlias).toEqual({
      error: 'model "unaliased" can\'t be loaded: it has no alias "champion"; set it first',
    });
    const unknown = (await post('/v2/repository/models/missing/load').expect(404)).body as unknown;
    expect(unknown).toEqual({ error: 'there is no model "missing" to load' });
    expect(models.models).toEqual(['a']);
    expect(await models.ready()).toBe(true);
    const failures = events.filter(({ type }) => type === 'load-failed').length;
    await models.load('b');
    expect(events.filter(({ type }) => type === 'load-failed')).toHaveLength(failures);
  });

  test('a new version that fails leaves the present one in place', async () => {
    const { models, sources } = setUp();
    await models.load('a');
    sources.a.point(3);
    await expect(models.load('a')).rejects.toThrow('model "a" can\'t be loaded: no version 3');
    expect(await answerOf(models, 'a')).toBe(3);
  });

  test('one that is tried does not take a server out that answers for others', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { models, sources } = setUp();
    await models.load('a');
    const openVersion = sources.b.openVersion.bind(sources.b);
    sources.b.openVersion = async (...args) => {
      await gate.promise;
      return openVersion(...args);
    };
    const loading = models.load('b');
    await until(() => models.models.includes('b'));
    expect(await models.ready()).toBe(true);
    expect(await models.listModels()).toContainEqual({ name: 'b', state: 'LOADING', reason: '' });
    gate.resolve(undefined);
    await loading;
    expect(await models.ready()).toBe(true);
    expect(await answerOf(models, 'b')).toBe(103);
  });

  test('as many as may is the end of it', async () => {
    const { models, post } = setUp({ maxModels: 1 });
    await models.load('a');
    const body = (await post('/v2/repository/models/b/load').expect(507)).body as unknown;
    expect((body as { error: string }).error).toContain('the limit of 1 served models is reached');
    await models.unload('a');
    await models.load('b');
    expect(models.models).toEqual(['b']);
  });

  test('what a client brings along is refused', async () => {
    const { models, post } = setUp();
    for (const parameters of [{ config: '{}' }, { 'file:1/model.onnx': 'AAAA' }]) {
      const body = (await post('/v2/repository/models/a/load', { parameters }).expect(501))
        .body as unknown;
      expect((body as { error: string }).error).toContain('push a version to the registry instead');
    }
    await post('/v2/repository/models/a/load', { parameters: 1 }).expect(400);
    await post('/v2/repository/index', { ready: 1 }).expect(400);
    expect(models.models).toEqual([]);
  });
});

describe('unloading', () => {
  test('answers what is in flight, refuses what comes, and gives the runtime back', async () => {
    const { models, post, events } = setUp();
    await models.load('slow');
    const inFlight = models.infer({ model: 'slow' }, { inputs: [times(30_000)] });
    const unloading = post('/v2/repository/models/slow/unload').then(({ status }) => status);
    await until(() => models.models.length === 0);
    const body = (await post('/v2/repository/index')).body as unknown;
    expect(body).toContainEqual({ name: 'slow', state: 'UNLOADING', reason: '' });
    await expect(models.infer({ model: 'slow' }, { inputs: [times(1)] })).rejects.toMatchObject({
      code: 'ERR_SERVING_MODEL_NOT_FOUND',
    });
    expect((await inFlight).version).toBe('1');
    expect(await unloading).toBe(200);
    expect(events.at(-1)).toEqual({ type: 'unloaded', model: 'slow', version: 1 });
  });

  test('a model that is not served is not found', async () => {
    const { post } = setUp();
    await post('/v2/repository/models/a/unload').expect(404);
  });

  test('ends a load that is under way', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { models, sources } = setUp();
    const openVersion = sources.a.openVersion.bind(sources.a);
    sources.a.openVersion = async (...args) => {
      await gate.promise;
      return openVersion(...args);
    };
    const loading = models.load('a').catch((error: unknown) => error);
    await until(() => models.models.includes('a'));
    const unloading = models.unload('a');
    gate.resolve(undefined);
    await unloading;
    expect(await loading).toMatchObject({
      code: 'ERR_SERVING_LOAD_FAILED',
      message: 'model "a" can\'t be loaded: it was unloaded while it loaded',
    });
    expect(models.models).toEqual([]);
  });
});

test('loads and unloads of one model in any order: the last one counts and none hangs', async () => {
  const { models, events } = setUp();
  const calls: Promise<unknown>[] = [];
  for (let index = 0; index < 60; index++) {
    calls.push(index % 3 === 2 ? models.unload('a') : models.load('a'));
    if (index % 7 === 0) await new Promise(setImmediate);
  }
  for (const { status, ...rest } of await Promise.allSettled(calls)) {
    if (status === 'fulfilled') continue;
    expect((rest as { reason: { code: string } }).reason.code).toMatch(
      /^ERR_SERVING_(?:CLOSED|LOAD_FAILED|MODEL_NOT_FOUND)$/,
    );
  }
  await models.load('a');
  expect(await answerOf(models, 'a')).toBe(3);
  await models.unload('a');
  const count = (wanted: string) => events.filter(({ type }) => type === wanted).length;
  expect(count('unloaded')).toBe(count('swapped'));
});

describe('as a SageMaker container', () => {
  test('loads, lists and unloads', async () => {
    const { models, server, post } = setUp({ maxModels: 1 });
    const model = { model_name: 'a', url: '/opt/ml/models/a/model' };
    await post('/models', model).expect(200, { modelName: 'a', modelUrl: 'a' });
    await post('/models', model).expect(409);
    await post('/models', { model_name: 'b' }).expect(507);
    await request(server)
      .get('/models')
      .expect(200, { models: [{ modelName: 'a', modelUrl: 'a' }] });
    await post('/models/a/invoke', { instances: [[1, 2]] }).expect(200, { predictions: [[3, 5]] });
    await request(server).delete('/models/a').expect(200);
    await request(server).delete('/models/a').expect(404);
    expect(models.models).toEqual([]);
    await post('/models', { model_name: 'missing' }).expect(404);
    await post('/models', { url: 'x' }).expect(400);
    await post('/models', { model_name: 'a', url: 1 }).expect(400);
    await request(server).put('/models').expect(405).expect('allow', 'GET, HEAD, POST');
  });
});

describe('where it is off', () => {
  test('nothing is there, and nothing says so', async () => {
    const { models } = setUp();
    await models.serve('a');
    const handler = inferenceHandler(models, {
      protocols: [openInference(), sageMaker({ model: 'a' })],
    });
    const server = createServer((req, res) => {
      handler(req, res);
    });
    await request(server).post('/v2/repository/index').expect(404);
    await request(server).post('/v2/repository/models/a/unload').expect(404);
    await request(server).delete('/models/a').expect(405).expect('allow', 'GET, HEAD');
    await request(server).post('/models').send({ model_name: 'b' }).expect(405);
    const body = (await request(server).get('/v2')).body as unknown;
    expect(body).toMatchObject({
      extensions: ['binary_tensor_data', 'classification', 'statistics'],
    });
    const bare = inferenceHandler(models, { protocols: [openInference({ extensions: [] })] });
    const without = createServer((req, res) => {
      bare(req, res);
    });
    await request(without).get('/v2/models/stats').expect(404);
    await request(without).get('/v2/models/a/stats').expect(404);
    const inputs = [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }];
    const infer = (body: object) => request(without).post('/v2/models/a/infer').send(body);
    await infer({ inputs }).set('inference-header-content-length', '9').expect(501);
    await infer({ inputs, outputs: [{ name: 'y', parameters: { classification: 1 } }] }).expect(
      501,
    );
    const { headers } = await infer({ inputs, parameters: { binary_data_output: true } });
    expect(headers['content-type']).toBe('application/json');
  });
});

describe('who may', () => {
  test.each([
    ['POST', '/v2/repository/index', 'administer'],
    ['POST', '/v2/repository/models/a/load', 'administer'],
    ['POST', '/v2/repository/models/%61/unload?x', 'administer'],
    ['PUT', '/v2/repository/models/a/unload', 'administer'],
    ['POST', '/models', 'administer'],
    ['GET', '/models', 'read'],
    ['DELETE', '/models/a', 'administer'],
    ['HEAD', '/models/a', 'read'],
    ['POST', '/models/a/invoke', 'infer'],
    ['GET', '/v2/models/a', 'read'],
    ['POST', '/v2/models/a/infer', 'infer'],
    ['POST', '/v2/repository/models/a/load/', undefined],
    ['POST', '/v2/repository/models//load', undefined],
    ['POST', '/v2/repository/index/', undefined],
  ])('%s %s: %s', (method, url, type) => {
    expect(requestAccess(protocols, { method, url })?.type).toBe(type);
  });
});
