import { capturedColumns } from '@fairlead/capture';
import type { Tensor, TensorSpec } from '@fairlead/signature';
import { expect, test } from 'vitest';
import { captureTensor } from '../../src/columns/captured-tensor.ts';
import { tensorColumns } from '../../src/columns/tensor-columns.ts';
import { TensorValues, tensorLayout } from '../../src/parquet/spooled/tensor-values.ts';

/** Values of all columns and rows as they are read from a line; undefined if the tensor doesn't fit. */
function valuesOf(
  tensor: Tensor,
  { rows = 1, ...spec }: Partial<TensorSpec> & { readonly rows?: number },
): unknown {
  const { name, datatype, shape } = tensor;
  const inputs = [{ name, datatype, shape, ...spec }];
  const columns = capturedColumns({ inputs, outputs: [] });
  const captured = tensorColumns(columns).map((each) => captureTensor(each, tensor, rows));
  if (captured.includes(undefined)) return undefined;
  const stored = JSON.parse(JSON.stringify(captured)) as readonly unknown[];
  const layout = tensorLayout({ model: 'm', version: '1', columns });
  const values = new TensorValues(layout, stored, rows);
  return columns.map((_, column) =>
    Array.from({ length: rows }, (_, row) => values.at(column, row)),
  );
}

const bytes = [Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), Uint8Array.of(0xff, 0), Uint8Array.of()];

test.each([
  [
    'FP32',
    Float32Array.of(0.7, NaN, -0, 1e38, -1 / 0),
    [Math.fround(0.7), NaN, -0, Math.fround(1e38), -1 / 0],
  ],
  ['FP16', Uint16Array.of(0x3c00, 0x7e00), [1, NaN]],
  ['INT64', BigInt64Array.of(-(2n ** 63n)), [-(2n ** 63n)]],
  ['BOOL', Uint8Array.of(0, 1, 255), [false, true, true]],
  ['UINT32', Uint32Array.of(2 ** 32 - 1), [4294967295]],
  ['BYTES', bytes, ['\ufeffa', Uint8Array.of(0xff, 0), '']],
])('values of %s are read as they were', (datatype, data, expected) => {
  const tensor = { name: 'x', datatype, shape: [data.length], data } as Tensor;
  expect(valuesOf(tensor, { shape: [-1], rows: data.length })).toEqual([expected]);
});

test('a tensor that shares its buffer with others is captured without them', () => {
  const pool = Float32Array.of(1, 2, 3, 4, 5, 6);
  const tensor = { name: 'x', datatype: 'FP32', shape: [2], data: pool.subarray(2, 4) } as const;
  expect(valuesOf(tensor, { shape: [-1], rows: 2 })).toEqual([[3, 4]]);
});

const data = Int32Array.from({ length: 12 }, (_, index) => index);
const cube = { name: 'x', datatype: 'INT32', shape: [2, 3, 2], data } as const;

test('tensors of several dimensions are nested lists', () => {
  expect(valuesOf(cube, { shape: [-1, 3, 2], rows: 2 })).toEqual([
    [
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
      [
        [6, 7],
        [8, 9],
        [10, 11],
      ],
    ],
  ]);
  expect(valuesOf(cube, { shape: [2, 3, 2] })).toEqual([
    [
      [
        [
          [0, 1],
          [2, 3],
          [4, 5],
        ],
        [
          [6, 7],
          [8, 9],
          [10, 11],
        ],
      ],
    ],
  ]);
});

test('features are taken from the last dimension, without those that are sensitive', () => {
  const wide = { ...cube, shape: [3, 4] } as const;
  const features = ['a', 'b', 'c', 'd'].map((name) => ({ name, sensitive: name === 'b' }));
  expect(valuesOf(wide, { shape: [-1, 4], features, rows: 3 })).toEqual([
    [0, 4, 8],
    [2, 6, 10],
    [3, 7, 11],
  ]);
  const text = (value: number): Uint8Array => new TextEncoder().encode(String(value));
  const texts = { ...wide, datatype: 'BYTES', data: [...data].map(text) } as const;
  expect(valuesOf(texts, { shape: [-1, 4], features, rows: 3 })).toEqual([
    ['0', '4', '8'],
    ['2', '6', '10'],
    ['3', '7', '11'],
  ]);
  const last = [{ name: 'a', sensitive: true }, { name: 'b' }];
  expect(valuesOf(cube, { shape: [-1, 3, 2], features: last, rows: 2 })).toEqual([
    [
      [1, 3, 5],
      [7, 9, 11],
    ],
  ]);
  const big = BigInt64Array.of(1n, -2n, 3n, 2n ** 62n + 1n);
  const pairs = { name: 'x', datatype: 'INT64', shape: [2, 2], data: big } as const;
  expect(valuesOf(pairs, { shape: [-1, 2], features: last, rows: 2 })).toEqual([
    [-2n, 2n ** 62n + 1n],
  ]);
});

test('rows of one element are single values, with any number of dimensions', () => {
  const column = {
    name: 'x',
    datatype: 'INT32',
    shape: [2, 1],
    data: Int32Array.of(7, 8),
  } as const;
  expect(valuesOf(column, { shape: [-1, 1], rows: 2 })).toEqual([[7, 8]]);
  expect(valuesOf({ ...column, shape: [2] }, { shape: [-1, 1], rows: 2 })).toEqual([[7, 8]]);
});

test('a tensor that does not fit to the signature is not captured', () => {
  const shape = [-1, 3, 2];
  expect(valuesOf({ ...cube, shape: [2, 6] }, { shape, rows: 2 })).toBeUndefined();
  expect(valuesOf({ ...cube, shape: [3, 3, 2] }, { shape, rows: 3 })).toBeUndefined();
  expect(valuesOf(cube, { shape, rows: 3 })).toBeUndefined();
  expect(valuesOf(cube, { shape, rows: 2, datatype: 'INT16' })).toBeUndefined();
  const features = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  expect(valuesOf(cube, { shape: [-1, 3, 3], features, rows: 2 })).toBeUndefined();
});

test.each([3, 3000])('a tensor of %i rows is captured after another one', (rows) => {
  const tensor = (length: number): Tensor => ({
    ...{ name: 'x', datatype: 'FP64', shape: [length, 2] },
    data: Float64Array.from({ length: 2 * length }, (_, index) => index),
  });
  const features = [{ name: 'a', sensitive: true }, { name: 'b' }];
  valuesOf(tensor(500), { shape: [-1, 2], rows: 500 });
  expect(valuesOf(tensor(rows), { shape: [-1, 2], features, rows })).toEqual([
    Array.from({ length: rows }, (_, row) => 2 * row + 1),
  ]);
});
