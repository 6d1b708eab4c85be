import { callExport } from '@fairlead/test-support/call-export';
import { describe, expect, it } from 'vitest';
import * as cloudwatch from '../src/cloudwatch/index.ts';
import * as main from '../src/index.ts';

const exported = Object.entries({ ...main, ...cloudwatch });
/** The class of errors takes a code and a message, and the others take nothing. */
const noFactories = ['MetricBuffer', 'MonitoringError', 'ProcessMetrics'];
const factories = exported.filter(([name]) => !noFactories.includes(name));

it('every exported value is a function or a class', () => {
  expect(exported.filter(([, value]) => typeof value !== 'function')).toEqual([]);
  expect(exported.map(([name]) => name)).toEqual(expect.arrayContaining(noFactories));
});

describe.each(factories)('%s', (name, value) => {
  it('rejects an unknown key', async () => {
    const result = await callExport(name, value, [{ unknownKey: 1 }]);
    expect(result).toMatchObject({ code: 'ERR_MONITORING_INVALID_OPTION' });
    expect((result as Error).message).toMatch(/unknown option "unknownKey"|expected/);
  });

  it('creates something or names what is missing when it is called with nothing', async () => {
    const result = await callExport(name, value, []);
    if (result instanceof Error) {
      expect(result).toMatchObject({ code: 'ERR_MONITORING_INVALID_OPTION' });
      expect(result.message).toMatch(/is missing|expected/);
    }
  });

  it.each([null, 7, 'text'])('rejects %j in place of an object', async (given) => {
    const result = await callExport(name, value, [given]);
    expect(result).toMatchObject({ code: 'ERR_MONITORING_INVALID_OPTION' });
  });
});
