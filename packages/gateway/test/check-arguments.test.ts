import { expect, test } from 'vitest';
import { createGateway, readSettings, type GatewayOptions, type Settings } from '../src/index.ts';

const settings = readSettings({
  FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
  FAIRLEAD_LISTEN: '127.0.0.1:0',
});
const options = { log: { write: () => true } };

test.each([
  [
    'no settings',
    undefined,
    options,
    'expected the result of readSettings(process.env), got undefined',
  ],
  ['the environment', { FAIRLEAD_REGISTRY: 'x' }, options, 'got an object without listen'],
  [
    'a misspelled setting',
    { ...settings, poolIntervalMs: 1 },
    options,
    'Did you mean `pollIntervalMs`?',
  ],
  ['no options', settings, undefined, 'createGateway: options: expected an object of options'],
  ['no log', settings, {}, 'option log is missing'],
  ['a misspelled option', settings, { ...options, logg: 1 }, 'Did you mean `log`?'],
])('createGateway refuses %s, in plain JavaScript', async (_, given, others, message) => {
  const created = createGateway(given as Settings, others as GatewayOptions);
  await expect(created).rejects.toMatchObject({
    name: 'SettingsError',
    message: expect.stringContaining(message) as string,
  });
});
