import { drawTensors, readCsv, SignatureError } from '@fairlead/signature';
import { describe, expect, it } from 'vitest';

/** A function as plain JavaScript calls it. */
type Untyped = (...args: readonly unknown[]) => unknown;

const signature = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }], outputs: [] };

const functions: readonly (readonly [string, (options: unknown) => unknown, object])[] = [
  [
    'drawTensors',
    (options) => (drawTensors as Untyped)(signature.inputs, options),
    { random: () => 0.5, lengthOf: () => 1 },
  ],
  [
    'readCsv',
    (options) => (readCsv as Untyped)('1\n2\n', signature, options),
    { header: 'detect' },
  ],
];

describe.each(functions)('%s', (name, call, options) => {
  const refused = (given: unknown, message: string): void => {
    expect(() => call(given)).toThrow(SignatureError);
    expect(() => call(given)).toThrow(
      expect.objectContaining({
        code: 'ERR_SIGNATURE_INVALID_OPTION',
        message: expect.stringContaining(message) as unknown,
      }),
    );
  };

  it('takes its options', () => {
    expect(() => call(options)).not.toThrow();
  });

  it('refuses an unknown option', () => {
    refused({ ...options, color: 'red' }, `${name}: unknown option "color". Known are `);
  });

  it.each([undefined, null, 'text', 7])('refuses %j in place of an object', (value) => {
    refused(value, `${name}: expected an object of options`);
  });

  it('refuses a missing option', () => {
    refused({}, `${name}: option ${Object.keys(options)[0]} is missing.`);
  });
});
