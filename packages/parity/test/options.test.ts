import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compareOutputs,
  goldenParityRows,
  measureParity,
  ParityError,
  parityHtml,
  readParityRows,
} from '@fairlead/parity';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Calls a function as plain JavaScript does. */
type AnyFunction = (...args: readonly unknown[]) => unknown;

const predict = () => Promise.resolve([]);
const title = { model: 'digits', version: 3, original: 'scikit-learn' };
const report = { rows: 0, parity: 0, outputs: [], worst: [], histogram: [] };

test.each<[string, unknown, readonly unknown[], string]>([
  ['measureParity', measureParity, [], 'rows must be a list, got undefined'],
  ['measureParity', measureParity, [[]], 'expected an object of options, got undefined'],
  ['measureParity', measureParity, [[], {}], 'option exported is missing'],
  [
    'measureParity',
    measureParity,
    [[], { exported: predict, orginal: predict }],
    'Did you mean `original`?',
  ],
  [
    'measureParity',
    measureParity,
    [[], { exported: 'affine' }],
    'exported must be a function, got "affine"',
  ],
  [
    'measureParity',
    measureParity,
    [[], { exported: predict, original: 7 }],
    'original must be a function, got 7',
  ],
  ['compareOutputs', compareOutputs, [], 'cases must be a list, got undefined'],
  ['compareOutputs', compareOutputs, [[undefined]], 'case 1: expected an object of options'],
  [
    'compareOutputs',
    compareOutputs,
    [[{ inputs: [], expected: [] }]],
    'case 1: option actual is missing',
  ],
  [
    'compareOutputs',
    compareOutputs,
    [[{ inputs: [], expected: [], actual: 'y' }]],
    'actual must be a list, got "y"',
  ],
  ['goldenParityRows', goldenParityRows, [], 'goldenExamples must be a list, got undefined'],
  ['parityHtml', parityHtml, [report], 'expected an object of options, got undefined'],
  ['parityHtml', parityHtml, [report, { ...title, origin: 'x' }], 'unknown option "origin"'],
  [
    'parityHtml',
    parityHtml,
    [undefined, title],
    'outputs of the report must be a list, got undefined',
  ],
])('%s refuses wrong arguments in plain JavaScript: %#', async (name, call, args, message) => {
  const error = await problemOf(() => (call as AnyFunction)(...args));
  expect(error).toMatchObject({ code: 'ERR_PARITY_INVALID_OPTION' });
  expect(error.message).toContain(`${name}: `);
  expect(error.message).toContain(message);
});

test.each<[unknown, string]>([
  [{ rowPerRequest: 1 }, 'Did you mean `rowsPerRequest`?'],
  [{ rowsPerRequest: 0 }, 'rowsPerRequest must be an integer from 1, got 0'],
  [{ maxBytes: 'a lot' }, 'maxBytes must be an integer from 1, got "a lot"'],
  [null, 'expected an object of options, got null'],
])('readParityRows refuses the options %j before it opens the file', async (options, message) => {
  const signature = { inputs: [], outputs: [] };
  const read = readParityRows as AnyFunction;
  const error = await problemOf(() => read('/does/not/exist.csv', signature, options));
  expect(error).toMatchObject({ code: 'ERR_PARITY_INVALID_OPTION' });
  expect(error.message).toContain(message);
});

test('readParityRows refuses a missing signature', async () => {
  const file = join(temporaryFolder(), 'rows.csv');
  writeFileSync(file, 'age\n41\n');
  const error = await problemOf(() => (readParityRows as AnyFunction)(file));
  expect(error.message).toBe(
    'readParityRows: inputs of the signature must be a list, got undefined.',
  );
});

async function problemOf(action: () => unknown): Promise<ParityError> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(ParityError);
    return error as ParityError;
  }
  throw new Error('nothing was refused');
}
