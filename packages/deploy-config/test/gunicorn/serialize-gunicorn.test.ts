import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';

import { temporaryFolder } from '@fairlead/test-support';
import {
  serializeGunicorn,
  serializePython,
  type GunicornSettings,
  type PythonValue,
} from '../../src/index.ts';
import { program } from '../support/program.ts';

const special = [
  ...['', '"', "'", '\\', '\\u0041', '\\N{DASH}', '"""', '$', ';', '{}', '{0}', '%s', '#', '\n'],
  ...['\r', '\0', '\x1b', '\x7f', '\u0085', '\u2028', 'é', '漢', '😀', '"); import os; ("'],
];

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...special, 'a')).map((parts) => parts.join('')),
);

const { value } = fc.letrec<{ value: PythonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));

/** Values that a real Python reads from a file, each character as its code point. */
function readByPython(source: string): unknown {
  const file = join(temporaryFolder(), 'values.py');
  writeFileSync(file, source);
  const script = `
import json, runpy, sys
print(json.dumps(runpy.run_path(sys.argv[1])["values"], ensure_ascii=True))
`;
  const output = execFileSync(program('python'), ['-c', script, file], { encoding: 'utf8' });
  return JSON.parse(output);
}

describe('serializePython', () => {
  it('writes every value so that Python reads it back', () => {
    const values = [...special, -0, 5e-324, 1e21, 2 ** 53, ...fc.sample(value, 500)];
    const source = `values = ${serializePython(values)}\n`;
    expect(source).toMatch(/^[\x20-\x7e]*\n$/);
    expect(readByPython(source)).toEqual(values);
  });

  it('refuses values that Python cannot read back', () => {
    for (const bad of ['\ud800', Number.NaN, Number.POSITIVE_INFINITY, { a: ['\udc00'] }]) {
      expect(() => serializePython(bad)).toThrow(
        expect.objectContaining({ code: 'ERR_PYTHON_VALUE' }),
      );
    }
  });
});

describe('serializeGunicorn', () => {
  it('writes one assignment for each setting, in the order given', () => {
    expect(serializeGunicorn({ workers: 2, bind: ['unix:/a'], preload_app: false })).toBe(
      'workers = 2\nbind = ["unix:/a"]\npreload_app = False\n',
    );
  });

  it('refuses a misspelled setting, which Gunicorn would ignore, and suggests the right one', () => {
    const settings = { worker: 2 };
    expect(() => serializeGunicorn(settings as GunicornSettings)).toThrow(
      expect.objectContaining({
        code: 'ERR_GUNICORN_SETTING',
        message: 'Gunicorn has no setting "worker". Did you mean `workers`?',
      }),
    );
  });

  it('refuses a value of another kind', () => {
    const settings: object = { workers: '2' };
    expect(() => serializeGunicorn(settings)).toThrow(/"workers" is "2".*"integer"/);
    const negative: GunicornSettings = { timeout: -1 };
    expect(() => serializeGunicorn(negative)).toThrow(/"timeout" is -1/);
  });

  it('has a type for each setting', () => {
    expectTypeOf<GunicornSettings['bind']>().toEqualTypeOf<readonly string[] | undefined>();
    expectTypeOf<GunicornSettings['workers']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<GunicornSettings>().not.toHaveProperty('worker');
  });
});
