import type { TensorSpec } from '@fairlead/signature';
import { breakingChanges } from '@fairlead/registry';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const spec = (changes: Partial<TensorSpec> = {}): TensorSpec => ({
  name: 'x',
  datatype: 'FP32',
  shape: [-1, 2],
  ...changes,
});

const input = (before: Partial<TensorSpec>, after: Partial<TensorSpec>): readonly string[] =>
  breakingChanges({ inputs: [spec(before)], outputs: [] }, { inputs: [spec(after)], outputs: [] });
const output = (before: Partial<TensorSpec>, after: Partial<TensorSpec>): readonly string[] =>
  breakingChanges({ inputs: [], outputs: [spec(before)] }, { inputs: [], outputs: [spec(after)] });

type Part = Partial<TensorSpec>;

test.each<[Part, Part, string]>([
  [{}, { name: 'y' }, 'input "x" was renamed to "y", or replaced by it'],
  [{}, { datatype: 'FP64' }, 'input "x" changed its datatype from FP32 to FP64'],
  [{}, { shape: [-1, 3] }, 'input "x" changed its shape from [-1,2] to [-1,3]'],
  [{}, { shape: [1, 2] }, 'input "x" changed its shape from [-1,2] to [1,2]'],
  [{}, { shape: [-1, 2, 1] }, 'input "x" changed its shape from [-1,2] to [-1,2,1]'],
  [{}, { range: { min: 0 } }, 'input "x" narrowed its range from any to 0…∞'],
  [
    { range: { min: 0, max: 9 } },
    { range: { min: 0, max: 8 } },
    'input "x" narrowed its range from 0…9 to 0…8',
  ],
  [{ categories: [1, 2] }, { categories: [2, 3] }, 'input "x" no longer takes 1'],
  [{}, { categories: [2] }, 'input "x" takes only 1 categories now'],
  [{ units: 'mm' }, { units: 'cm' }, 'input "x" changed its units from mm to cm'],
  [
    { features: [{ name: 'a' }, { name: 'b' }] },
    { features: [{ name: 'b' }, { name: 'a' }] },
    'input "x" has "b" where feature 0 was "a"',
  ],
  [
    { features: [{ name: 'a' }, { name: 'b' }] },
    { features: [{ name: 'a', range: { max: 1 } }, { name: 'b' }] },
    'feature "a" of input "x" narrowed its range from any to -∞…1',
  ],
])('an input from %j to %j breaks callers', (before, after, message) => {
  expect(input(before, after)[0]).toBe(message);
});

test.each<[Part, Part]>([
  [{ shape: [1, 2] }, { shape: [-1, 2] }],
  [{ range: { min: 0, max: 8 } }, { range: { min: 0, max: 9 } }],
  [{ range: { min: 0 } }, {}],
  [{ categories: [1] }, { categories: [1, 2] }],
  [{ categories: [1] }, {}],
  [{}, { units: 'mm', description: 'now known' }],
  [{}, { features: [{ name: 'a' }, { name: 'b' }] }],
])('an input from %j to %j is backward compatible', (before, after) => {
  expect(input(before, after)).toEqual([]);
});

test.each<[Part, Part, string]>([
  [{ shape: [1, 2] }, { shape: [-1, 2] }, 'output "x" changed its shape from [1,2] to [-1,2]'],
  [{ range: { max: 1 } }, {}, 'output "x" widened its range from -∞…1 to any'],
  [{ categories: [0, 1] }, { categories: [0, 1, 2] }, 'output "x" can now be 2'],
  [{ categories: [0, 1] }, {}, 'output "x" no longer keeps to its 2 categories'],
])('an output from %j to %j breaks callers', (before, after, message) => {
  expect(output(before, after)).toEqual([message]);
});

test('an additional output is backward compatible, an additional input is not', () => {
  const base = { inputs: [spec()], outputs: [spec()] };
  const more = [spec(), spec({ name: 'y', datatype: 'INT64' })];
  expect(breakingChanges(base, { ...base, outputs: more })).toEqual([]);
  expect(breakingChanges(base, { ...base, inputs: more })).toEqual([
    'input "y" was added, which no client sends',
  ]);
});

test('a signature is compatible with itself', () => {
  const tensor = fc.record({
    datatype: fc.constantFrom('FP32', 'INT64'),
    shape: fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 }),
    range: fc.option(fc.record({ min: fc.integer({ max: 0 }), max: fc.integer({ min: 1 }) }), {
      nil: {},
    }),
    categories: fc.option(fc.array(fc.integer(), { minLength: 1 }), { nil: [1] }),
    units: fc.constantFrom('mm', 'cm'),
  });
  fc.assert(
    fc.property(tensor, (each) => {
      const same = { ...each, name: 'x' } as TensorSpec;
      expect(
        breakingChanges({ inputs: [same], outputs: [same] }, { inputs: [same], outputs: [same] }),
      ).toEqual([]);
    }),
  );
});
