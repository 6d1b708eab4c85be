import { capturedColumns } from '@fairlead/capture';
import type { Signature, Tensor } from '@fairlead/signature';
import { expect, test } from 'vitest';
import { columnValues } from '../../src/columns/column-values.ts';

const columnsOf = (signature: Partial<Signature>) =>
  capturedColumns({ inputs: [], outputs: [], ...signature });

const batch = { name: 'x', datatype: 'FP32', shape: [-1, 4] } as const;

test('a request without an input of rows is one row, and its outputs are whole', () => {
  const columns = columnsOf({
    inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 3, 2] }],
    outputs: [{ name: 'boxes', datatype: 'FP32', shape: [-1, 4] }],
  });
  expect(columns).toMatchObject([
    { name: 'input_image', depth: 3, batched: false },
    { name: 'output_boxes', depth: 2, batched: false },
  ]);
});

test('scalars and tensors of one element are single values', () => {
  const columns = columnsOf({
    inputs: [
      batch,
      { name: 'temperature', datatype: 'FP32', shape: [] },
      { name: 'one', datatype: 'INT64', shape: [1, 1] },
      { name: 'column', datatype: 'INT64', shape: [-1, 1] },
    ],
  });
  expect(columns.map(({ depth, batched }) => [depth, batched])).toEqual([
    [1, true],
    [0, false],
    [0, false],
    [0, true],
  ]);
});

test('names are unique, also if upper and lower case are the same', () => {
  const features = [{ name: 'a' }, { name: 'A' }];
  const two = { datatype: 'FP32', shape: [-1, 2], features } as const;
  const columns = columnsOf({
    inputs: [
      { name: 'x', ...two },
      { name: 'y', ...two, features: [{ name: 'a' }, { name: 'b' }] },
    ],
    outputs: [{ name: 'a', datatype: 'FP32', shape: [-1] }],
  });
  expect(columns.map(({ name }) => name)).toEqual([
    ...['input_x_a', 'input_A', 'input_y_a', 'input_b', 'output_a'],
  ]);
  const twice = columnsOf({
    inputs: [
      { name: 'n', datatype: 'FP32', shape: [-1] },
      { name: 'N', datatype: 'FP32', shape: [-1] },
    ],
  });
  expect(twice.map(({ name }) => name)).toEqual(['input_n', 'input_N_2']);
});

function valuesOf(tensor: Tensor, shape: readonly number[], rows = 1): unknown {
  const { name, datatype } = tensor;
  const [column] = columnsOf({ inputs: [{ name, datatype, shape }] });
  return column && columnValues(column, tensor, rows);
}

test('values are exact for every datatype', () => {
  const bytes = [Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), Uint8Array.of(0xff, 0)];
  const cases: readonly (readonly [Tensor, readonly unknown[]])[] = [
    [
      {
        name: 'x',
        datatype: 'FP32',
        shape: [5],
        data: Float32Array.of(0.7, NaN, -0, 1e38, -1 / 0),
      },
      [0.699999988079071, 'NaN', '-0', 9.999999680285692e37, '-Infinity'],
    ],
    [{ name: 'x', datatype: 'FP16', shape: [2], data: Uint16Array.of(0x3c00, 0x7e00) }, [1, 'NaN']],
    [
      { name: 'x', datatype: 'INT64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
      ['-9223372036854775808'],
    ],
    [{ name: 'x', datatype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) }, [false, true]],
    [
      { name: 'x', datatype: 'UINT32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
      [4294967295],
    ],
    [{ name: 'x', datatype: 'BYTES', shape: [2], data: bytes }, ['\ufeffa', { base64: '/wA=' }]],
  ];
  for (const [tensor, expected] of cases) {
    expect(valuesOf(tensor, [-1], expected.length)).toEqual(expected);
  }
});

test('tensors of several dimensions are nested lists, and features are taken from the last one', () => {
  const data = Int32Array.from({ length: 12 }, (_, index) => index);
  const tensor = { name: 'x', datatype: 'INT32', shape: [2, 3, 2], data } as const;
  expect(valuesOf(tensor, [-1, 3, 2], 2)).toEqual([
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
  ]);
  const features = [{ name: 'a', sensitive: true }, { name: 'b' }];
  const [column] = columnsOf({
    inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 3, 2], features }],
  });
  expect(column && columnValues(column, tensor, 2)).toEqual([
    [1, 3, 5],
    [7, 9, 11],
  ]);
  expect(valuesOf({ ...tensor, shape: [2, 6] }, [-1, 3, 2], 2)).toBeUndefined();
  expect(valuesOf({ ...tensor, shape: [3, 3, 2] }, [-1, 3, 2], 3)).toBeUndefined();
  expect(valuesOf(tensor, [-1, 3, 2], 3)).toBeUndefined();
});
