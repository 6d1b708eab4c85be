import { numberToFloat16, type Tensor } from '@fairlead/signature';
import { expect, test } from 'vitest';
import { findDifference } from '../src/compare-tensors.ts';
import { nest } from '../src/nest.ts';

const tolerance = { rtol: 1e-3, atol: 1e-6 };
const single = (...values: readonly number[]): Tensor => ({
  ...{ name: 'y', datatype: 'FP32', shape: [values.length] },
  data: Float32Array.from(values),
});
const half = (value: number): Tensor => ({
  ...{ name: 'y', datatype: 'FP16', shape: [1] },
  data: Uint16Array.of(numberToFloat16(value)),
});

test('numbers may differ within the tolerance, and NaN and infinities are equal to themselves', () => {
  const values = [1, NaN, Infinity, -Infinity];
  expect(findDifference([single(...values)], [single(...values)], tolerance)).toBeUndefined();
  expect(findDifference([single(1000)], [single(1000.9)], tolerance)).toBeUndefined();
  expect(findDifference([single(1)], [single(1.01)], tolerance)).toContain('y[0] is 1.00999');
  expect(findDifference([single(NaN)], [single(0)], tolerance)).toBe('y[0] is 0, expected NaN');
  expect(findDifference([single(Infinity)], [single(1)], tolerance)).toContain('Infinity');
  expect(findDifference([single(1)], [single(NaN)], tolerance)).toContain('NaN');
});

test('shapes, datatypes, missing outputs, texts and half floats are compared', () => {
  const text = (value: string): Tensor => ({
    ...{ name: 'y', datatype: 'BYTES', shape: [1] },
    data: [Buffer.from(value)],
  });
  expect(findDifference([single(1)], [], tolerance)).toBe('y is missing');
  expect(findDifference([single(1)], [single(1, 2)], tolerance)).toContain('FP32 [2]');
  expect(findDifference([single(1)], [half(1)], tolerance)).toContain('FP16 [1]');
  expect(findDifference([text('a')], [text('a')], tolerance)).toBeUndefined();
  expect(findDifference([text('a')], [text('b')], tolerance)).toContain('expected 61');
  expect(findDifference([half(2)], [half(2.001)], tolerance)).toBeUndefined();
  expect(findDifference([half(2)], [half(3)], tolerance)).toBe('y[0] is 3, expected 2');
});

test('elements are nested by their shape', () => {
  expect(nest([1, 2, 3, 4, 5, 6], [2, 3])).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(nest([7], [])).toBe(7);
  expect(nest([], [0, 2])).toEqual([]);
});
