import { expect, test } from 'vitest';
import { createSignatureCheck, parseSignature } from '@fairlead/signature';

const spec = { name: 'x', datatype: 'FP32', shape: [-1, 2] };
const signature = (input: unknown) => ({ inputs: [input], outputs: [] });

test('a valid signature is returned unchanged, with unknown fields', () => {
  const value = { inputs: [{ ...spec, future: 1 }], outputs: [], more: true };
  expect(parseSignature(value)).toBe(value);
});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'the signature: expected an object, found nothing'],
  ['a list', [], 'expected an object'],
  ['no outputs', { inputs: [] }, 'outputs: expected a list'],
  ['a spec that is no object', signature(3), 'inputs[0]: expected an object, found 3'],
  ['a spec without a name', signature({ ...spec, name: '' }), 'inputs[0].name'],
  ['an unknown datatype', signature({ ...spec, datatype: 'float' }), 'inputs[0].datatype'],
  ['a length below -1', signature({ ...spec, shape: [-2] }), 'inputs[0].shape'],
  ['two specs of one name', { inputs: [spec, spec], outputs: [] }, 'distinct names, found "x"'],
  ['too few features', signature({ ...spec, features: [{ name: 'a' }] }), '2 features'],
  [
    'features twice',
    signature({ ...spec, features: [{ name: 'a' }, { name: 'a' }] }),
    'distinct names',
  ],
  [
    'features along a variable dimension',
    signature({ ...spec, shape: [-1], features: [] }),
    '-1 features',
  ],
  [
    'a feature with a bad range',
    signature({ ...spec, features: [{ name: 'a', range: { min: '0' } }, { name: 'b' }] }),
    'features[0].range.min',
  ],
  [
    'an empty range',
    signature({ ...spec, range: { min: 2, max: 1 } }),
    'min at most max (1), found 2',
  ],
  [
    'a range of text',
    signature({ name: 'x', datatype: 'BYTES', shape: [1], range: { min: 1 } }),
    'use categories',
  ],
  ['no categories', signature({ ...spec, categories: [] }), 'at least one category'],
  [
    'categories of the wrong kind',
    signature({ ...spec, categories: ['a'] }),
    'expected numbers, found "a"',
  ],
  ['too few names of dimensions', signature({ ...spec, dimensions: ['n'] }), '2 names'],
  ['an empty name of a dimension', signature({ ...spec, dimensions: ['', null] }), 'dimensions'],
  [
    'a sensitive feature by another word than true',
    signature({ ...spec, features: [{ name: 'a', sensitive: 'yes' }, { name: 'b' }] }),
    'inputs[0].features[0].sensitive: expected true or false, found "yes"',
  ],
  ['units that are no text', signature({ ...spec, units: 3 }), 'inputs[0].units'],
])('refuses %s', (_name, value, message) => {
  expect(() => parseSignature(value)).toThrow(
    expect.objectContaining({
      code: 'ERR_SIGNATURE_INVALID',
      message: expect.stringContaining(message) as string,
    }),
  );
});

test('a check of contradictory specs is rejected immediately', () => {
  expect(() => createSignatureCheck([{ name: 'x', datatype: 'FP32', shape: [-3] }])).toThrow(
    'inputs[0].shape',
  );
});
