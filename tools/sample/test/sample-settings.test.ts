import { describe, expect, test } from 'vitest';
import { SampleError } from '../src/sample-error.ts';
import { readSampleSettings } from '../src/sample-settings.ts';

describe('FAIRLEAD_PORT', () => {
  test.each(['1', '8080', '65535'])('%s is accepted', (port) => {
    expect(readSampleSettings({ FAIRLEAD_PORT: port }, '/root').port).toBe(Number(port));
  });

  test.each(['', '0', '65536', '-1', ' 80', '8o80', '1e3', '080808', '٣'])(
    '"%s" is rejected with the name and the value',
    (port) => {
      const read = () => readSampleSettings({ FAIRLEAD_PORT: port }, '/root');
      expect(read).toThrow(SampleError);
      expect(read).toThrow(`FAIRLEAD_PORT is "${port}"; it must be a port from 1 to 65535`);
    },
  );

  test('is optional', () => {
    expect(readSampleSettings({}, '/root').port).toBeUndefined();
  });
});

describe('FAIRLEAD_STATE', () => {
  test.each([
    [undefined, '/root/.fairlead/sample'],
    ['elsewhere', '/root/elsewhere'],
    ['/tmp/../var/x', '/var/x'],
  ])('%s is %s', (value, folder) => {
    const environment = value === undefined ? {} : { FAIRLEAD_STATE: value };
    expect(readSampleSettings(environment, '/root').stateFolder).toBe(folder);
  });

  test('must not be empty', () => {
    expect(() => readSampleSettings({ FAIRLEAD_STATE: '' }, '/root')).toThrow(
      'FAIRLEAD_STATE is empty; set it to a folder, or unset it',
    );
  });
});

test('settings of a gateway that a shell has exported are returned, so that they can be listed as ignored', () => {
  const environment = { FAIRLEAD_MODELS: 'digits', FAIRLEAD_PYTHON: 'python3', HOME: '/root' };
  expect(readSampleSettings(environment, '/root').ignored).toEqual(['FAIRLEAD_MODELS']);
});

test('a misspelled name is rejected, because it would have no effect', () => {
  expect(() => readSampleSettings({ FAIRLEAD_PROT: '8081' }, '/root')).toThrow(
    'FAIRLEAD_PROT is not a setting of the sample application; did you mean FAIRLEAD_PORT?',
  );
  // A variable of the set-up, which ran before with the same environment.
  expect(readSampleSettings({ FAIRLEAD_PYTHON: 'python3' }, '/root').port).toBeUndefined();
});
