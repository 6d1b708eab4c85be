import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { grpcServerOptions, healthService, inferenceService } from '../src/grpc/index.ts';
import {
  BodyMemory,
  CodecPool,
  inferenceHandler,
  jobHandler,
  memoryCache,
  mlflowScoring,
  ModelServer,
  openApiDocument,
  openApiHandler,
  openInference,
  replayInference,
  sageMaker,
  ServingError,
  shutDownGracefully,
} from '../src/index.ts';
import { onnxRuntime } from '../src/onnx/index.ts';
import { redisCache } from '../src/cache/redis/index.ts';
import { upstreamRuntime } from '../src/upstream/index.ts';
import { MemorySource } from './memory-source.ts';

/** Calls a factory as plain JavaScript does. */
type AnyFunction = (...args: readonly unknown[]) => unknown;

function construct(type: unknown, ...args: readonly unknown[]): object {
  return Reflect.construct(type as new (...args: readonly unknown[]) => object, [...args]);
}

function call(factory: unknown, ...args: readonly unknown[]): unknown {
  return (factory as AnyFunction)(...args);
}

const source = new MemorySource([]);
const models = new ModelServer({ source, runtimes: {} });
const none = (): undefined => undefined;
const queue = {
  ...{ requireRoom: none, enqueue: none, get: none, describe: none },
  ...{ outcome: none, cancel: none, remove: none },
};
const client = { on: () => undefined };

const factories: readonly (readonly [
  name: string,
  factory: (options: unknown) => unknown,
  options: object,
])[] = [
  ['new ModelServer', (o) => construct(ModelServer, o), { source, runtimes: {} }],
  ['onnxRuntime', (o) => call(onnxRuntime, o), {}],
  ['upstreamRuntime', (o) => call(upstreamRuntime, {}, o), {}],
  ['upstream "flask"', (o) => call(upstreamRuntime, { flask: o }), { url: 'http://127.0.0.1:1' }],
  ['memoryCache', (o) => call(memoryCache, o), { maxBytes: 1000 }],
  ['redisCache', (o) => call(redisCache, o), { client }],
  ['new CodecPool', (o) => construct(CodecPool, o), {}],
  ['new BodyMemory', (o) => construct(BodyMemory, 1000, o), {}],
  ['openInference', (o) => call(openInference, o), {}],
  ['mlflowScoring', (o) => call(mlflowScoring, o), { model: 'm' }],
  ['sageMaker', (o) => call(sageMaker, o), { model: 'm' }],
  ['inferenceHandler', (o) => call(inferenceHandler, models, o), {}],
  ['jobHandler', (o) => call(jobHandler, models, o), { queue }],
  ['replayInference', (o) => call(replayInference, models, o), {}],
  ['openApiHandler', (o) => call(openApiHandler, models, o), { protocols: [] }],
  ['openApiDocument', (o) => call(openApiDocument, [], o), { protocols: [] }],
  ['healthService', (o) => call(healthService, models, o), {}],
  ['grpcServerOptions', (o) => call(grpcServerOptions, o), {}],
  ['inferenceService', (o) => call(inferenceService, models, o), {}],
];

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ServingError);
    expect(error).toMatchObject({ code: 'ERR_SERVING_INVALID_OPTION' });
    return (error as Error).message;
  }
  return 'no error';
}

describe.each(factories)('%s', (name, factory, options) => {
  it('refuses an unknown option', () => {
    expect(messageOf(() => factory({ ...options, color: 'red' }))).toContain(
      `${name}: unknown option "color". Known are `,
    );
  });

  it.each([null, 'text', 7])('refuses %j in place of an object', (value) => {
    expect(messageOf(() => factory(value))).toContain(`${name}: expected an object of options`);
  });

  it('refuses options without a required one', () => {
    for (const missing of Object.keys(options)) {
      const rest = Object.fromEntries(Object.entries(options).filter(([key]) => key !== missing));
      expect(messageOf(() => factory(rest))).toBe(`${name}: option ${missing} is missing.`);
    }
  });
});

it('a circuit breaker with a misspelled option is refused, with the name that was meant', () => {
  const options = { source, runtimes: {}, circuitBreaker: { failureRate: 0.5 } };
  expect(messageOf(() => construct(ModelServer, options))).toContain(
    'circuitBreaker: unknown option "failureRate". Did you mean `failureRatio`?',
  );
});

it('a model with a misspelled serve option is refused, with the name that was meant', async () => {
  const serve = models.serve.bind(models) as AnyFunction;
  await expect(serve('m', { aliass: 'champion' })).rejects.toThrow(
    'serve: unknown option "aliass". Did you mean `alias`?',
  );
});

it('a graceful shutdown with a misspelled option is refused, with the name that was meant', async () => {
  const shutDown = shutDownGracefully as AnyFunction;
  await expect(shutDown(createServer(), models, { graceMS: 1 })).rejects.toThrow(
    'shutDownGracefully: unknown option "graceMS". Did you mean `graceMs`?',
  );
});
