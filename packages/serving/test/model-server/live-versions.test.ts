import { until } from '@fairlead/test-support/polling';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  inferenceHandler,
  memoryCache,
  ModelServer,
  ServingError,
  type InferTarget,
  type ModelServerOptions,
  type ModelSource,
  type ServingEvent,
  type VersionChoice,
  type VersionRole,
  type RoutedInference,
  type RuntimeFactory,
  type VersionRouter,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const versions = [
  { signature: affine },
  { signature: affine, file: 'affine-next.onnx' },
  { signature: affine },
];

/** A model whose aliases `champion` and `candidate` move on their own. */
class TwoAliases implements ModelSource {
  readonly champion = new MemorySource(versions);
  readonly candidate: MemorySource;
  readonly opened: number[] = [];

  constructor(candidate?: number) {
    this.candidate = new MemorySource(versions, candidate);
    if (candidate === undefined) this.candidate.unset();
  }

  #of(alias: string): MemorySource {
    return alias === 'candidate' ? this.candidate : this.champion;
  }
  resolve: ModelSource['resolve'] = (model, alias) => this.#of(alias).resolve(model, alias);
  follow: ModelSource['follow'] = (model, alias, options) =>
    this.#of(alias).follow(model, alias, options);
  openVersion: ModelSource['openVersion'] = (model, version) => {
    this.opened.push(version);
    return this.champion.openVersion(model, version);
  };
}

interface Setup {
  readonly server: ModelServer;
  readonly source: TwoAliases;
  readonly events: ServingEvent[];
  /** Sends a request, and returns the version that answered and what it answered. */
  readonly infer: (
    headers?: Record<string, string>,
    version?: string,
  ) => Promise<{
    status: number;
    version: string | null;
    variant: string | null;
    y: readonly number[];
  }>;
  readonly get: (path: string) => Promise<Response>;
}

async function start(
  candidate: number | undefined,
  options: Partial<ModelServerOptions>,
): Promise<Setup> {
  const source = new TwoAliases(candidate);
  const events: ServingEvent[] = [];
  const server = new ModelServer({
    source,
    runtimes: { onnx: onnxRuntime() },
    onEvent: (event) => {
      events.push(event);
    },
    ...options,
  });
  const http: Server = createServer(
    inferenceHandler(server, {
      client: (req) => req.headers['x-client']?.toString(),
      routingKey: (req) => req.headers['x-user']?.toString(),
      requestId: (req) => req.headers['x-request-id']?.toString(),
    }),
  );
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  open.push(
    () => server.close(),
    () => new Promise((resolve) => http.close(resolve)),
  );
  await server.serve('m', { ...options.serveOptions?.('m'), alsoFollow: ['candidate'] });
  const { port } = http.address() as AddressInfo;
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
  return {
    server,
    source,
    events,
    get,
    async infer(headers = {}, version) {
      const pinned = version === undefined ? '' : `/versions/${version}`;
      const response = await fetch(`http://127.0.0.1:${port}/v2/models/m${pinned}/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close', ...headers },
        body: '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}',
      });
      const body = (await response.json()) as { outputs?: [{ data: number[] }] };
      const y = body.outputs?.[0].data ?? [];
      const [answered, variant] = ['version', 'variant'].map((name) =>
        response.headers.get(`fairlead-${name}`),
      ) as [string | null, string | null];
      return { status: response.status, version: answered, variant, y };
    },
  };
}

/** ONNX models, of which versions fail at every request while `fails` says so. */
function failingOnnx(fails: (version: number) => boolean): RuntimeFactory {
  const onnx = onnxRuntime();
  return {
    async load(artifacts, options) {
      const runtime = await onnx.load(artifacts, options);
      const { version } = artifacts.manifest;
      return new Proxy(runtime, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          if (name === 'execute' && fails(version))
            return () => Promise.reject(new ServingError('ERR_SERVING_RUN_FAILED', 'crashed'));
          return value.bind(target) as unknown;
        },
      });
    },
  };
}

const isLive = ({ server }: Setup, version: string) =>
  until(() => server.versionsOf('m').includes(version));
/** Users that begin with `c` get the candidate. */
const byUser: VersionRouter = {
  route: (_target, key) => (key?.startsWith('c') === true ? { version: '2' } : undefined),
};

describe('two live versions of a model', () => {
  test('a router chooses by the routing key, and the alias answers where it chooses none', async () => {
    const calls: [InferTarget, string | undefined][] = [];
    const setup = await start(2, {
      router: {
        route(target, key) {
          calls.push([target, key]);
          return byUser.route(target, key);
        },
      },
    });
    await isLive(setup, '2');
    const { infer } = setup;
    expect(await infer({ 'x-user': 'a' })).toMatchObject({ status: 200, version: '1', y: [3, 5] });
    expect(await infer({ 'x-user': 'c' })).toMatchObject({
      status: 200,
      version: '2',
      y: [103, 105],
    });
    expect(calls).toEqual([
      [{ model: 'm', version: undefined }, 'a'],
      [{ model: 'm', version: undefined }, 'c'],
    ]);
  });

  test('without a routing key the client is the key, else the id of the request', async () => {
    const keys: (string | undefined)[] = [];
    const router: VersionRouter = {
      route(_target, key): VersionChoice | undefined {
        keys.push(key);
        return undefined;
      },
    };
    const { infer, server } = await start(2, { router });
    await infer({ 'x-client': 'shop', 'x-request-id': '7' });
    await infer({ 'x-request-id': '7' });
    await infer();
    await server.infer({ model: 'm' }, { inputs: [] }, { routingKey: 'u' }).catch(() => undefined);
    expect(keys).toEqual(['shop', '7', undefined, 'u']);
  });

  test('a request that names a live version gets it, and the router is not called', async () => {
    const setup = await start(2, {
      router: {
        route() {
          throw new Error('called');
        },
      },
    });
    await isLive(setup, '2');
    const { infer, events, get } = setup;
    expect(await infer({}, '2')).toMatchObject({ status: 200, version: '2' });
    expect(await infer({}, '1')).toMatchObject({ status: 200, version: '1' });
    expect(await infer({}, '3')).toMatchObject({ status: 404 });
    expect(events.filter(({ type }) => type === 'route-failed')).toEqual([]);
    const metadata = (await (await get('/v2/models/m')).json()) as { versions: string[] };
    expect(metadata.versions).toEqual(['1', '2']);
    expect((await get('/v2/models/m/versions/2/ready')).status).toBe(200);
    expect((await get('/v2/models/m/versions/3/ready')).status).toBe(503);
  });

  test.each<[string, () => VersionChoice]>([
    [
      'throws',
      () => {
        throw new Error('no assignment');
      },
    ],
    ['names a version that is not live', () => ({ version: '9' })],
  ])(
    'a router that %s costs nothing: the alias answers, and one event says so',
    async (_, route) => {
      const { infer, events } = await start(2, { router: { route } });
      for (let n = 0; n < 3; n++)
        expect(await infer()).toMatchObject({ status: 200, version: '1' });
      expect(events.filter(({ type }) => type === 'route-failed')).toEqual([
        {
          type: 'route-failed',
          model: 'm',
          reason: expect.stringMatching(/no assignment|version "9" is not live/) as string,
        },
      ]);
    },
  );

  test('a further alias is loaded when it is set, swapped when it moves, and its old version is unloaded', async () => {
    const setup = await start(undefined, { router: byUser });
    const { infer, events, source, server } = setup;
    expect(await server.ready()).toBe(true);
    expect(await infer({ 'x-user': 'c' })).toMatchObject({ version: '1' });
    source.candidate.point(2);
    await isLive(setup, '2');
    expect(await infer({ 'x-user': 'c' })).toMatchObject({ version: '2' });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'swapped', version: 2, alias: 'candidate' }),
    );
    source.candidate.point(3);
    await until(() => events.some((event) => event.type === 'unloaded' && event.version === 2));
    expect(server.versionsOf('m')).toEqual(['1', '3']);
    expect(await infer()).toMatchObject({ version: '1', y: [3, 5] });
  });

  test('a promoted version is in place at once, without another load, while both aliases share it', async () => {
    const setup = await start(2, {});
    await isLive(setup, '2');
    const { infer, events, source, server } = setup;
    source.champion.point(2);
    await until(() => events.some((event) => event.type === 'unloaded' && event.version === 1));
    expect(await infer()).toMatchObject({ version: '2' });
    expect(server.versionsOf('m')).toEqual(['2']);
    expect(source.opened.toSorted()).toEqual([1, 2]);
    source.candidate.point(3);
    await isLive(setup, '3');
    expect(server.versionsOf('m')).toEqual(['2', '3']);
    expect(await infer()).toMatchObject({ version: '2' });
  });

  test('two aliases that point to the same version load it once', async () => {
    const { source, server } = await start(1, {});
    await until(() => server.versionsOf('m').length > 0);
    expect(server.loadedVersions).toHaveLength(1);
    expect(source.opened).toEqual([1]);
  });
});

describe('a version in the background', () => {
  async function startBackground(router: VersionRouter): Promise<Setup> {
    const setup = await start(undefined, { router });
    setup.source.candidate.point(2, true);
    await isLive(setup, '2');
    return setup;
  }

  test('computes copies and answers a request that names it, and is never chosen to answer', async () => {
    const ends: RoutedInference[] = [];
    let choice: VersionChoice = { version: '1', shadow: '2' };
    const { infer, server, events } = await startBackground({
      route: () => choice,
      finished: (inference) => void ends.push(inference),
    });
    expect(
      ['answer', 'shadow'].map((role) => server.isLive('m', '2', role as VersionRole)),
    ).toEqual([false, true]);
    expect(server.isLive('m', '1', 'answer')).toBe(true);
    expect(server.isLive('n', '1', 'answer')).toBe(false);
    expect(await infer()).toMatchObject({ version: '1', y: [3, 5] });
    const copy = await until(() => ends.find(({ role }) => role === 'shadow'));
    expect(copy).toMatchObject({
      ...{ version: '2', outcome: 'success' },
      outputs: [{ data: Float32Array.of(103, 105) }],
      answered: [{ data: Float32Array.of(3, 5) }],
    });
    expect(await infer({}, '2')).toMatchObject({ version: '2', y: [103, 105] });
    choice = { version: '2' };
    expect(await infer()).toMatchObject({ status: 200, version: '1' });
    expect(events.filter(({ type }) => type === 'route-failed')).toEqual([
      { type: 'route-failed', model: 'm', reason: 'version "2" is not live; live: 1' },
    ]);
  });

  test('is never that of the alias which answers by default', async () => {
    const { infer, source, server } = await startBackground({ route: () => undefined });
    source.champion.point(3, true);
    await until(() => server.find({ model: 'm' }).label.version === '3');
    expect(server.find({ model: 'm' }).isBackground).toBe(false);
    expect(await infer()).toMatchObject({ version: '3' });
  });

  test('is loaded once more when it leaves the background, answers from then on, and no request fails', async () => {
    const { infer, source, server, events } = await startBackground({
      route: () => (server.isLive('m', '2', 'answer') ? { version: '2' } : undefined),
    });
    source.candidate.point(2);
    const answers = [await infer()];
    while (answers.at(-1)?.version !== '2') answers.push(await infer());
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(source.opened).toEqual([1, 2, 2]);
    await until(() => events.some((event) => event.type === 'unloaded' && event.version === 2));
    expect(server.loadedVersions.map(({ isBackground }) => isBackground)).toEqual([false, false]);
    expect(await infer()).toMatchObject({ version: '2', y: [103, 105] });
  });

  test('is loaded once more when the alias that answers moves to it, and is listed once', async () => {
    const { infer, source, server } = await startBackground({ route: () => undefined });
    source.champion.point(2);
    await until(() => server.find({ model: 'm' }).label.version === '2');
    expect(server.loadedVersions.map(({ isBackground }) => isBackground)).toEqual([false, true]);
    expect(server.versionsOf('m')).toEqual(['2']);
    expect((await server.status('m')).versions).toEqual(['2']);
    expect(server.find({ model: 'm', version: '2' }).isBackground).toBe(false);
    expect(await infer()).toMatchObject({ version: '2', y: [103, 105] });
    source.candidate.point(2);
    await until(() => server.loadedVersions.length === 1);
    expect(source.opened).toEqual([1, 2, 2]);
  });
});

describe('the end of a routed request', () => {
  /** A router of two variants that learns how requests end. */
  const learning = (shadow?: string) => {
    const ends: RoutedInference[] = [];
    const router: VersionRouter = {
      route: (_target, key) =>
        key === undefined
          ? undefined
          : { version: key.startsWith('c') ? '2' : '1', variant: key.slice(0, 1), shadow },
      finished(inference) {
        ends.push(inference);
      },
    };
    return { ends, router };
  };

  test('is reported once with variant, key, duration and outputs; the response names the variant', async () => {
    const { ends, router } = learning();
    const setup = await start(2, { router });
    await isLive(setup, '2');
    expect(await setup.infer({ 'x-user': 'c7' })).toMatchObject({ version: '2', variant: 'c' });
    expect(await setup.infer({ 'x-user': 'b7' })).toMatchObject({ version: '1', variant: 'b' });
    expect(await setup.infer()).toMatchObject({ version: '1', variant: null });
    expect(await setup.infer({ 'x-user': 'c7' }, '1')).toMatchObject({
      version: '1',
      variant: null,
    });
    expect(ends).toEqual(
      [
        { version: '2', variant: 'c', key: 'c7', y: [103, 105] },
        { version: '1', variant: 'b', key: 'b7', y: [3, 5] },
      ].map(({ y, ...named }) => ({
        ...{ model: 'm', role: 'answer', outcome: 'success', ...named },
        choice: { version: named.version, variant: named.variant, shadow: undefined },
        durationMs: expect.any(Number) as number,
        outputs: [expect.objectContaining({ name: 'y', data: Float32Array.from(y) })],
      })),
    );
  });

  test('says where the cache had the outputs', async () => {
    const { ends, router } = learning();
    const cache = memoryCache({ maxBytes: 1_000_000 });
    const setup = await start(2, { router, serveOptions: () => ({ cache }) });
    // Outputs are stored behind the answer.
    await until(async () => {
      await setup.infer({ 'x-user': 'b7' });
      return ends.at(-1)?.isCached;
    }, 60_000);
    expect(ends[0]?.isCached).toBeUndefined();
  });

  test('is reported for failures, with their reason and code', async () => {
    const { ends, router } = learning();
    const setup = await start(2, { router });
    await isLive(setup, '2');
    const context = { routingKey: 'c7' };
    const failing = setup.server.infer({ model: 'm' }, { inputs: [] }, context);
    await expect(failing).rejects.toThrow();
    const signal = AbortSignal.abort();
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    const late = setup.server.infer({ model: 'm' }, { inputs: [x] }, { ...context, signal });
    await expect(late).rejects.toThrow();
    expect(ends).toMatchObject([
      { version: '2', outcome: 'failure', reason: 'OTHER', isFault: false },
      { version: '2', reason: 'CANCELED', code: 'ERR_SERVING_CANCELED', isFault: false },
    ]);
  });

  test('where the chosen version fails, the version of the alias answers, and the failure is reported', async () => {
    const { ends, router } = learning();
    let [fails, failsToo] = [false, false];
    const onnx = failingOnnx((version) => (version === 2 ? fails : failsToo));
    const setup = await start(2, { router, runtimes: { onnx } });
    await isLive(setup, '2');
    fails = true;
    expect(await setup.infer({ 'x-user': 'c7' })).toMatchObject({
      ...{ status: 200, version: '1', variant: 'c', y: [3, 5] },
    });
    expect(ends).toMatchObject([
      { version: '2', variant: 'c', outcome: 'failure', reason: 'BACKEND', isFault: true },
    ]);
    // Inputs at which both versions fail.
    failsToo = true;
    expect(await setup.infer({ 'x-user': 'c7' })).toMatchObject({ status: 500 });
    expect(ends.at(-1)).toMatchObject({ version: '2', isFault: true, fallbackFailed: true });
    // A request that names the version has no fallback.
    expect(await setup.infer({}, '2')).toMatchObject({ status: 500 });
  });

  test('is reported for the copy of a shadow, with what the client got; without a recorder too', async () => {
    const { ends, router } = learning('2');
    const setup = await start(2, { router });
    await isLive(setup, '2');
    expect(await setup.infer({ 'x-user': 'b7' })).toMatchObject({ version: '1', y: [3, 5] });
    const copy = await until(() => ends.find(({ role }) => role === 'shadow'));
    expect(copy).toMatchObject({
      ...{ model: 'm', version: '2', variant: 'b', key: 'b7', outcome: 'success' },
      outputs: [{ data: Float32Array.of(103, 105) }],
      answered: [{ data: Float32Array.of(3, 5) }],
    });
    expect(ends.filter(({ role }) => role === 'answer')).toHaveLength(1);
  });

  test('a router that fails at it costs nothing, and one event says so', async () => {
    const { router } = learning();
    const finished = (): never => {
      throw new Error('disk full');
    };
    const setup = await start(2, { router: { ...router, finished } });
    for (let n = 0; n < 3; n++) {
      expect(await setup.infer({ 'x-user': 'b' })).toMatchObject({ status: 200 });
    }
    expect(setup.events.filter(({ type }) => type === 'route-failed')).toEqual([
      { type: 'route-failed', model: 'm', reason: 'disk full' },
    ]);
  });
});

describe('the route of a request', () => {
  test('stays with the version that it was routed to while that is live, regardless of later choices of the router', async () => {
    let version = '2';
    const setup = await start(2, { router: { route: () => ({ version }) } });
    await isLive(setup, '2');
    const { server } = setup;
    const route = server.route({ model: 'm' }, 'u');
    version = '1';
    const { x } = {
      x: { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const,
    };
    const { result } = await route.infer(() => ({ request: { inputs: [x] } }));
    expect(result.version).toBe('2');
  });

  test('is chosen again when its version was unloaded before the request was received', async () => {
    const { server, source, events } = await start(2, {});
    const route = server.route({ model: 'm' });
    expect(route.version.label.version).toBe('1');
    source.champion.point(3);
    await until(() => events.some((event) => event.type === 'unloaded' && event.version === 1));
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    const { result, decoded, signature } = await route.infer((given) => ({
      request: { inputs: [x] },
      rows: given.inputs.length,
    }));
    expect(result.version).toBe('3');
    expect(decoded.rows).toBe(1);
    expect(signature).toBe(server.find({ model: 'm' }).signature);
  });
});
