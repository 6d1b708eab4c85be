import { callExport } from '@fairlead/test-support/call-export';
import { describe, expect, it } from 'vitest';
import * as main from '../src/index.ts';
import * as redis from '../src/cache/redis/index.ts';
import * as grpc from '../src/grpc/index.ts';
import * as onnx from '../src/onnx/index.ts';
import * as upstream from '../src/upstream/index.ts';

const exported = Object.entries({ ...main, ...redis, ...grpc, ...onnx, ...upstream });
/** Exported functions that create nothing, and the class of errors. */
const noFactories = [
  'adoptTrace',
  'findTraceContext',
  'inferenceTarget',
  'requestAccess',
  'ServingError',
  'traceContext',
  'traceHeaders',
];
const factories = exported.filter(([name]) => !noFactories.includes(name));

it('every exported value is a function or a class', () => {
  expect(exported.filter(([, value]) => typeof value !== 'function')).toEqual([]);
  expect(exported.map(([name]) => name)).toEqual(expect.arrayContaining(noFactories));
});

describe.each(factories)('%s', (name, value) => {
  it('rejects an unknown key', async () => {
    const result = await callExport(name, value, [{ unknownKey: 1 }]);
    expect(result).toMatchObject({ code: 'ERR_SERVING_INVALID_OPTION' });
    expect((result as Error).message).toMatch(/unknown option "unknownKey"|expected|whole number/);
  });

  it('creates something or names what is missing when it is called with nothing', async () => {
    const result = await callExport(name, value, []);
    if (result instanceof Error) {
      expect(result).toMatchObject({ code: 'ERR_SERVING_INVALID_OPTION' });
      expect(result.message).toMatch(/is missing|expected|whole number/);
    }
  });

  it.each([null, 7, 'text'])('rejects %j in place of an object', async (given) => {
    const result = await callExport(name, value, [given]);
    if (name === 'BodyMemory' && given === 7) return;
    expect(result).toMatchObject({ code: 'ERR_SERVING_INVALID_OPTION' });
  });
});
