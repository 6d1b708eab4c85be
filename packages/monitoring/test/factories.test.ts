import { describe, expect, it } from 'vitest';
import * as cloudwatch from '../src/cloudwatch/index.ts';
import * as main from '../src/index.ts';

type AnyFunction = (...args: readonly unknown[]) => unknown;

const exported = Object.entries({ ...main, ...cloudwatch });
/** The class of errors, which takes a code and a message. */
const noFactories = ['MonitoringError'];
const factories = exported.filter(([name]) => !noFactories.includes(name));

/** Creates what the export makes, as plain JavaScript does, with an error as the result. */
function create(name: string, value: unknown, args: readonly unknown[]): unknown {
  try {
    return /^[A-Z]/.test(name)
      ? Reflect.construct(value as new () => object, [...args])
      : (value as AnyFunction)(...args);
  } catch (error) {
    return error;
  }
}

it('every exported value is a function or a class', () => {
  expect(exported.filter(([, value]) => typeof value !== 'function')).toEqual([]);
  expect(exported.map(([name]) => name)).toEqual(expect.arrayContaining(noFactories));
});

describe.each(factories)('%s', (name, value) => {
  it('rejects an unknown key', () => {
    const result = create(name, value, [{ unknownKey: 1 }]);
    expect(result).toMatchObject({ code: 'ERR_MONITORING_INVALID_OPTION' });
    expect((result as Error).message).toMatch(/unknown option "unknownKey"|expected/);
  });

  it('creates something or names what is missing when it is called with nothing', () => {
    const result = create(name, value, []);
    if (result instanceof Error) {
      expect(result).toMatchObject({ code: 'ERR_MONITORING_INVALID_OPTION' });
      expect(result.message).toMatch(/is missing|expected/);
    }
  });

  it.each([null, 7, 'text'])('rejects %j in place of an object', (given) => {
    expect(create(name, value, [given])).toMatchObject({ code: 'ERR_MONITORING_INVALID_OPTION' });
  });
});
