import { capturedColumns } from '@fairlead/capture';
import type { Signature } from '@fairlead/signature';
import { expect, test } from 'vitest';

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
