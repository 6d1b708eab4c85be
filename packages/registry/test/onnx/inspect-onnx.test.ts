import { inspectOnnx } from '@fairlead/registry/sources';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryFolder } from '@fairlead/test-support';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { rejection } from '../support/sample-registry.ts';

let folder = '';
const model = (name: string): string => join(folder, `${name}.onnx`);

beforeAll(() => {
  folder = mkdtempSync(join(memoryFolder(), 'fairlead-onnx-'));
  const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
  const script = fileURLToPath(new URL('make-models.py', import.meta.url));
  execFileSync(python, [script, folder]);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const batch = { datatype: 'FP32', shape: [-1, 4] };

test.each([
  ['a Python pickle', [0x80, 0x04, 0x95, 0x00], 'is a Python pickle'],
  ['a ZIP archive', [0x50, 0x4b, 0x03, 0x04, 0x14], 'is a ZIP archive, as PyTorch and Keras'],
  ['HDF5', [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a], 'is an HDF5 file'],
  ['gzip', [0x1f, 0x8b, 0x08], 'is a gzip file'],
  ['CSV', [...Buffer.from('alcohol,hue\n13.2,1.05\n')], 'is a text file'],
])('%s in place of a model is named, with the fix', async (_name, bytes, message) => {
  const path = model('foreign');
  writeFileSync(path, Buffer.from(bytes));
  for (const source of [path, Buffer.from(bytes)]) {
    const error = await rejection(inspectOnnx(source));
    expect(error).toMatchObject({ code: 'ERR_REGISTRY_INVALID_ONNX' });
    expect(String(error)).toContain(message);
    expect(String(error)).toContain('skl2onnx');
  }
});

test('reads inputs, outputs, operator sets and producer, from a path and from bytes', async () => {
  const expected = {
    signature: {
      inputs: [
        { name: 'x', ...batch },
        { name: 'flag', datatype: 'BOOL', shape: [] },
      ],
      outputs: [{ name: 'y', datatype: 'INT64', shape: [-1, 2, 3] }],
    },
    irVersion: 10,
    opsets: { '': 17, 'ai.onnx.ml': 3 },
    producer: 'exporter',
    producerVersion: '1.2',
    metadata: {},
    externalData: [],
  };
  expect(await inspectOnnx(model('plain'))).toEqual(expected);
  expect(await inspectOnnx(readFileSync(model('plain')))).toEqual(expected);
});

test('weights among the inputs of an old file are not inputs', async () => {
  const { signature } = await inspectOnnx(model('old'));
  expect(signature.inputs).toEqual([{ name: 'x', ...batch }]);
});

test('skips weights that are larger than its memory window', async () => {
  expect(statSync(model('big')).size).toBeGreaterThan(10_000_000);
  expect((await inspectOnnx(model('big'))).signature.outputs).toEqual([{ name: 'y', ...batch }]);
});

test('returns the files of external weights', async () => {
  expect((await inspectOnnx(model('external'))).externalData).toEqual([
    'inner/constant.data',
    'weights.data',
  ]);
});

test('reads strings and doubles', async () => {
  const { signature } = await inspectOnnx(model('text'));
  expect(signature.inputs).toEqual([{ name: 'x', datatype: 'BYTES', shape: [-1] }]);
  expect(signature.outputs[0]?.datatype).toBe('FP64');
});

test.each([
  ['bfloat', /input "x" holds bfloat16/],
  ['shapeless', /input "x" has no shape/],
  [
    'branch',
    /weights "c" are in the file "constant.data" and belong to a branch.*save the model as one file/,
  ],
  ['zipmap', /output "probabilities" is a sequence/],
])('rejects %s, with a fix', async (name, message) => {
  const error = await rejection(inspectOnnx(model(name)));
  expect(error).toMatchObject({ code: 'ERR_REGISTRY_INVALID_ONNX' });
  expect((error as Error).message).toMatch(message);
});

test('rejects input that is not a model, or not a file', async () => {
  const invalid = { code: 'ERR_REGISTRY_INVALID_ONNX' };
  for (const text of ['', 'weights', '<html>', '\u{1}\u{2}']) {
    expect(await rejection(inspectOnnx(Buffer.from(text)))).toMatchObject(invalid);
  }
  const unreadable = { code: 'ERR_REGISTRY_SOURCE_UNREADABLE' };
  expect(await rejection(inspectOnnx(folder))).toMatchObject(unreadable);
  expect(await rejection(inspectOnnx(model('missing')))).toMatchObject(unreadable);
});

test('any damaged file is read or rejected, without an endless loop or another error', async () => {
  const bytes = readFileSync(model('plain'));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(bytes.length),
      async (changes, length) => {
        const copy = Buffer.from(bytes);
        for (const [index, byte] of changes) copy[index] = byte;
        const result = await inspectOnnx(copy.subarray(0, length)).catch((error: unknown) => error);
        if (result instanceof Error) {
          expect(result).toMatchObject({ code: 'ERR_REGISTRY_INVALID_ONNX' });
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('a file of a few bytes with a length of a petabyte is rejected immediately', async () => {
  const huge = Buffer.from([0x08, 0x0a, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
  expect(await rejection(inspectOnnx(huge))).toMatchObject({
    code: 'ERR_REGISTRY_INVALID_ONNX',
    message: expect.stringContaining('longer than its message') as unknown,
  });
});
