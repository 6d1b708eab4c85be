import { until } from '@fairlead/test-support/polling';
import { afterEach, describe, expect, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import {
  memoryCache,
  ModelServer,
  ServingError,
  type FallbackUsedEvent,
  type InferenceFinishedEvent,
  type InferRequest,
  type ModelServerOptions,
  type ServeOptions,
  type ServingEvent,
} from '@fairlead/serving';
import { affine, MemorySource } from '../memory-source.ts';
import { rowsOf } from '../scheduling/gated-runtime.ts';
import { modelsOf, scriptedRuntime, type Script } from './scripted-runtime.ts';

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const version = (signature: Signature = affine) => ({ signature, runtime: { name: 'scripted' } });
const x = rowsOf(1, 1, 2);

interface Served {
  readonly sources?: Readonly<Record<string, MemorySource>>;
  readonly scripts: Readonly<Record<string, Script>>;
  readonly serve: Readonly<Record<string, ServeOptions>>;
  readonly options?: Partial<ModelServerOptions>;
}

async function start({ sources = {}, scripts, serve, options }: Served) {
  const events: ServingEvent[] = [];
  const finished: InferenceFinishedEvent[] = [];
  const fallbackUsed: FallbackUsedEvent[] = [];
  const models = Object.keys(serve);
  const server = new ModelServer({
    source: modelsOf(
      Object.fromEntries(
        models.map((model) => [model, sources[model] ?? new MemorySource([version(), version()])]),
      ),
    ),
    runtimes: { scripted: scriptedRuntime(scripts) },
    retryDelayMs: 10,
    circuitBreaker: { executions: 8, minExecutions: 4, retryAfterMs: 50 },
    onEvent: (event) => events.push(event),
    observer: {
      inferenceStarted: () => undefined,
      inferenceFinished: (event) => finished.push(event),
      executed: () => undefined,
      fallbackUsed: (event) => fallbackUsed.push(event),
    },
    ...options,
  });
  servers.push(server);
  for (const [model, how] of Object.entries(serve)) await server.serve(model, how);
  const infer = (model = 'm', request: Partial<InferRequest> = {}, pinned?: string) =>
    server.infer({ model, version: pinned }, { inputs: [x], ...request });
  const code = (run: Promise<unknown>) =>
    run.then(
      () => 'answered',
      (error: unknown) => (error instanceof ServingError ? error.code : String(error)),
    );
  return { server, events, finished, fallbackUsed, infer, code };
}

const withB = { m: { fallback: { model: 'b' } }, b: {} } as const;

describe('a model with another as its fallback', () => {
  test('is answered by it when it fails, and the answer says so', async () => {
    const scripts: Record<'m' | 'b', Script> = { m: {}, b: {} };
    const { server, finished, fallbackUsed, events, infer } = await start({
      scripts,
      serve: withB,
    });
    expect(await infer()).toMatchObject({ model: 'm', version: '1' });
    expect('fallback' in (await infer())).toBe(false);
    scripts.m.fault = 'ERR_SERVING_UPSTREAM_UNREACHABLE';
    expect(await infer('m', { id: 'a' })).toEqual({
      model: 'b',
      version: '1',
      id: 'a',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: new Float32Array([2, 2]) }],
      fallback: { reason: 'failed', model: 'm', version: '1' },
    });
    expect(finished.map(({ model, outcome, reason }) => [model, outcome, reason])).toEqual([
      ['m', 'success', undefined],
      ['m', 'success', undefined],
      ['m', 'fallback', undefined],
      ['b', 'success', undefined],
    ]);
    expect(fallbackUsed).toEqual([
      { reason: 'failed', model: 'm', version: '1', fallbackModel: 'b', fallbackVersion: '1' },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'fallback-used', model: 'm', requests: 1 });
    expect(server.find({ model: 'm' }).statistics.read()).toMatchObject({
      success: { count: 2 },
      fail: { count: 0 },
      fallback: { count: 1 },
    });
  });

  test('is answered at once while its circuit is open, and by itself again when it has recovered', async () => {
    const script: Script = {};
    const { server, events, infer } = await start({
      scripts: { m: script },
      serve: withB,
      options: { circuitBreaker: { executions: 8, minExecutions: 4, retryAfterMs: 200 } },
    });
    script.fault = 'ERR_SERVING_RUN_FAILED';
    const reasons: (string | undefined)[] = [];
    for (let index = 0; index < 8; index++) reasons.push((await infer()).fallback?.reason);
    expect(reasons.slice(0, 4)).toEqual(Array(4).fill('failed'));
    expect(reasons).toContain('circuit-open');
    // Truthful all the while: the model itself can't answer.
    expect(await server.status('m')).toMatchObject({ ready: false });
    expect(await server.ready()).toBe(false);
    script.fault = undefined;
    await until(async () => (await infer()).model === 'm');
    expect(await server.ready()).toBe(true);
    const changes = events.map(({ type }) => type).filter((type) => type.startsWith('circuit'));
    expect([changes[0], changes.at(-1)]).toEqual(['circuit-opened', 'circuit-closed']);
    // One line for many requests.
    expect(events.filter(({ type }) => type === 'fallback-used')).toHaveLength(1);
  });

  test('that hangs while it is tried again: other requests do not wait for it', async () => {
    const script: Script = { concurrency: 1 };
    const { server, infer, code } = await start({
      scripts: { m: script },
      serve: withB,
      options: { circuitBreaker: { executions: 8, minExecutions: 4, retryAfterMs: 50 } },
    });
    script.fault = 'ERR_SERVING_RUN_FAILED';
    await until(async () => (await infer()).fallback?.reason === 'circuit-open');
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    script.until = gate;
    await until(() => !server.find({ model: 'm' }).circuitOpen);
    const trial = infer();
    await until(() => server.find({ model: 'm' }).circuitOpen);
    // The only place in the runtime is taken.
    expect(await infer()).toMatchObject({ model: 'b', fallback: { reason: 'circuit-open' } });
    open(undefined);
    expect(await code(trial)).toBe('answered');
  });

  test.each(['ERR_SERVING_BAD_REQUEST', 'ERR_SERVING_OVERLOADED'] as const)(
    'is not answered by it after %s',
    async (fault) => {
      const scripts: Record<'m' | 'b', Script> = { m: {}, b: {} };
      const { finished, fallbackUsed, infer, code } = await start({ scripts, serve: withB });
      scripts.m.fault = fault;
      expect(await code(infer())).toBe(fault);
      expect([fallbackUsed, finished.length]).toEqual([[], 1]);
    },
  );

  test('invalid and canceled requests are not forwarded to a fallback', async () => {
    const script: Script = {};
    const { server, fallbackUsed, infer, code } = await start({
      scripts: { m: script },
      serve: withB,
    });
    expect(await code(infer('m', { inputs: [] }))).toContain('SignatureError');
    expect(await code(infer('m', { outputs: ['z'] }))).toContain('SignatureError');
    const signal = AbortSignal.abort();
    const gone = server.infer({ model: 'm' }, { inputs: [x] }, { signal });
    expect(await code(gone)).toBe('ERR_SERVING_CANCELED');
    script.until = new Promise((resolve) => setTimeout(resolve, 500));
    expect(await code(infer('m', { timeoutMs: 10 }))).toBe('ERR_SERVING_DEADLINE_EXCEEDED');
    await script.until;
    const broken = server.infer({ model: 'm' }, () => {
      throw new SyntaxError('not JSON');
    });
    expect(await code(broken)).toContain('not JSON');
    expect(fallbackUsed).toEqual([]);
  });

  test('who names a version is answered by that one or not at all', async () => {
    const script: Script = {};
    const { fallbackUsed, infer, code } = await start({ scripts: { m: script }, serve: withB });
    script.fault = 'ERR_SERVING_RUN_FAILED';
    expect(await code(infer('m', {}, '1'))).toBe('ERR_SERVING_RUN_FAILED');
    expect(await code(infer('m', {}, '2'))).toBe('ERR_SERVING_VERSION_NOT_FOUND');
    expect(fallbackUsed).toEqual([]);
  });

  test('reads the request once, and keeps to its deadline', async () => {
    const scripts: Record<'m' | 'b', Script> = { m: {}, b: {} };
    const { server, code } = await start({ scripts, serve: withB });
    scripts.m.fault = 'ERR_SERVING_RUN_FAILED';
    scripts.b.until = new Promise(() => undefined);
    let reads = 0;
    const slow = server.infer({ model: 'm' }, () => {
      reads += 1;
      return { request: { inputs: [x], timeoutMs: 100 } };
    });
    expect(await code(slow)).toBe('ERR_SERVING_DEADLINE_EXCEEDED');
    expect(reads).toBe(1);
  });
});

describe('a chain of fallbacks', () => {
  test('ends with the first: a fallback never falls back again, not even in a circle', async () => {
    const scripts: Record<'m' | 'b', Script> = { m: {}, b: {} };
    const { finished, infer, code } = await start({
      scripts,
      serve: { m: { fallback: { model: 'b' } }, b: { fallback: { model: 'm' } } },
    });
    for (const script of Object.values(scripts)) {
      script.fault = 'ERR_SERVING_RUN_FAILED';
      script.executions = 0;
    }
    expect(await code(infer())).toBe('ERR_SERVING_RUN_FAILED');
    expect(finished.map(({ model, outcome }) => [model, outcome])).toEqual([
      ['m', 'fallback'],
      ['b', 'failure'],
    ]);
    // Each failed, and then at what it is known to answer.
    expect(scripts).toMatchObject({ m: { executions: 2 }, b: { executions: 2 } });
  });

  test('a model is not its own fallback', async () => {
    const { server } = await start({ scripts: {}, serve: {} });
    await expect(server.serve('m', { fallback: { model: 'm' } })).rejects.toMatchObject({
      code: 'ERR_SERVING_INVALID_OPTION',
    });
  });
});

describe('a request without rows', () => {
  test('that makes the model fail is invalid, and affects no other request', async () => {
    const m: Script = { fault: 'ERR_SERVING_RUN_FAILED', faultOf: ({ shape }) => shape[0] === 0 };
    const { infer, code, events } = await start({ scripts: { m }, serve: { m: {} } });
    const none = rowsOf(1, 0, 2);
    for (let round = 0; round < 10; round++) {
      expect(await code(infer('m', { inputs: [none] }))).toBe('ERR_SERVING_BAD_REQUEST');
    }
    expect(await code(infer())).toBe('answered');
    expect(events.map(({ type }) => type)).not.toContain('circuit-opened');
  });
});

describe('a model without a version', () => {
  test('is answered by its fallback, and says that it is not ready', async () => {
    const scripts: Record<'m', Script> = { m: { unloadable: true } };
    const { server, fallbackUsed, infer } = await start({
      scripts,
      serve: { b: {}, m: { fallback: { model: 'b' } } },
    });
    expect(await infer()).toMatchObject({
      model: 'b',
      fallback: { reason: 'not-ready', model: 'm' },
    });
    expect(fallbackUsed).toHaveLength(1);
    expect(await server.status('m')).toMatchObject({ ready: false, reason: 'it is broken' });
    expect(await server.ready()).toBe(false);
    expect(server.route({ model: 'm' }).version.label.model).toBe('b');
    expect(() => server.find({ model: 'm' })).toThrow('not ready');
    scripts.m.unloadable = false;
    await until(async () => (await infer()).model === 'm');
    expect(server.route({ model: 'm' }).version.label.model).toBe('m');
  });

  test('fails as before when its fallback has none either', async () => {
    const { server, infer, code } = await start({
      scripts: { m: { unloadable: true }, b: { unloadable: true } },
      serve: withB,
    });
    expect(await code(infer())).toBe('ERR_SERVING_NOT_READY');
    expect(() => server.route({ model: 'm' })).toThrow('model "m" is not ready');
    await server.close();
    expect(await code(infer())).toBe('ERR_SERVING_CLOSED');
  });
});

describe('a fallback that is of no use', () => {
  test('because its signature is incompatible: reported at once, and never called', async () => {
    const other: Signature = { ...affine, outputs: [{ ...affine.inputs[0], name: 'z' } as never] };
    const script: Script = {};
    const { events, infer, code } = await start({
      sources: { b: new MemorySource([version(other)]) },
      scripts: { m: script },
      serve: withB,
    });
    const unfit = events.filter(({ type }) => type === 'fallback-incompatible');
    expect(unfit).toEqual([
      expect.objectContaining({ model: 'm', fallbackModel: 'b', reason: 'it has no output "y"' }),
    ]);
    script.fault = 'ERR_SERVING_RUN_FAILED';
    expect(await code(infer())).toBe('ERR_SERVING_RUN_FAILED');
    expect(events.filter(({ type }) => type === 'fallback-incompatible')).toHaveLength(1);
  });

  test('because its circuit is open: the error is that of the model', async () => {
    const scripts: Record<'m' | 'b', Script> = { m: {}, b: {} };
    const { finished, infer, code } = await start({
      scripts,
      serve: withB,
      options: { circuitBreaker: { executions: 4, minExecutions: 4, retryAfterMs: 60_000 } },
    });
    for (const script of Object.values(scripts)) script.fault = 'ERR_SERVING_RUN_FAILED';
    for (let index = 0; index < 4; index++) await code(infer('b'));
    expect(await code(infer('b'))).toBe('ERR_SERVING_CIRCUIT_OPEN');
    expect(await code(infer('m'))).toBe('ERR_SERVING_RUN_FAILED');
    expect(finished.at(-1)).toMatchObject({ model: 'm', outcome: 'failure', reason: 'BACKEND' });
  });
});

describe('the previous version as fallback', () => {
  const previous = { m: { fallback: 'previous-version' } } as const;

  test('stays loaded until the next swap, and answers while the newer one fails', async () => {
    const sources = { m: new MemorySource([version(), version(), version()]) };
    const scripts: Record<'m@2' | 'm@3', Script> = { 'm@2': {}, 'm@3': {} };
    const { server, events, infer } = await start({ sources, scripts, serve: previous });
    sources.m.point(2);
    await until(() => server.find({ model: 'm' }).label.version === '2');
    scripts['m@2'].fault = 'ERR_SERVING_RUN_FAILED';
    const result = await infer();
    expect(result).toMatchObject({ model: 'm', version: '1', fallback: { version: '2' } });
    expect([...(result.outputs[0]?.data as Float32Array)]).toEqual([2, 2]);
    expect(server.loadedVersions.map(({ label }) => label.version)).toEqual(['2', '1']);
    sources.m.point(3);
    await until(() => server.find({ model: 'm' }).label.version === '3');
    await until(() => events.some((event) => event.type === 'unloaded' && event.version === 1));
    expect(server.loadedVersions.map(({ label }) => label.version)).toEqual(['3', '2']);
  });

  test('is what a roll-back goes back to, at once; the newer one is given back', async () => {
    const sources = { m: new MemorySource([version(), version()]) };
    const scripts: Record<'m@1', Script> = { 'm@1': {} };
    const { server, events, infer, code } = await start({ sources, scripts, serve: previous });
    const first = server.find({ model: 'm' });
    sources.m.point(2);
    await until(() => server.find({ model: 'm' }).label.version === '2');
    sources.m.point(1);
    await until(() => server.find({ model: 'm' }) === first);
    expect(await infer()).toMatchObject({ version: '1' });
    await until(() => events.some((event) => event.type === 'unloaded' && event.version === 2));
    // A version that was rolled back is no fallback.
    scripts['m@1'].fault = 'ERR_SERVING_RUN_FAILED';
    expect(await code(infer())).toBe('ERR_SERVING_RUN_FAILED');
    expect(server.loadedVersions).toHaveLength(1);
  });

  test('is given back with the server', async () => {
    const sources = { m: new MemorySource([version(), version()]) };
    const { server, events } = await start({ sources, scripts: {}, serve: previous });
    sources.m.point(2);
    await until(() => server.find({ model: 'm' }).label.version === '2');
    await server.close();
    expect(events.filter(({ type }) => type === 'unloaded')).toHaveLength(2);
  });
});

describe('without a fallback', () => {
  test('an open circuit refuses at once, says when to ask again, and the cache still answers', async () => {
    const script: Script = {};
    const { infer, finished } = await start({
      scripts: { m: script },
      serve: { m: { cache: memoryCache({ maxBytes: 1e6 }) } },
      options: { circuitBreaker: { executions: 4, minExecutions: 4, retryAfterMs: 60_000 } },
    });
    await infer();
    script.fault = 'ERR_SERVING_RUN_FAILED';
    const failing = (value: number) => infer('m', { inputs: [rowsOf(value, 1, 2)] });
    for (let value = 2; value < 5; value++)
      await expect(failing(value)).rejects.toThrow('scripted fault');
    await expect(failing(9)).rejects.toMatchObject({
      code: 'ERR_SERVING_CIRCUIT_OPEN',
      retryAfterMs: expect.closeTo(60_000, -4) as number,
    });
    expect(finished.at(-1)).toMatchObject({ outcome: 'failure', reason: 'REJECTED' });
    expect(await infer()).toMatchObject({ model: 'm' });
  });

  test('a failing runtime is still called when the breaker is switched off', async () => {
    const script: Script = {};
    const { infer, code } = await start({
      scripts: { m: script },
      serve: { m: {} },
      options: { circuitBreaker: false },
    });
    script.fault = 'ERR_SERVING_RUN_FAILED';
    for (let index = 0; index < 50; index++) {
      expect(await code(infer())).toBe('ERR_SERVING_RUN_FAILED');
    }
  });
});
