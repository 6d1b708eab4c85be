import { onnxSignature, readOnnxModel } from '@fairlead/signature/onnx';
import { expect, test } from 'vitest';
import { model, value } from './encode-onnx.ts';

const withInput = (type: number) =>
  onnxSignature(readOnnxModel(model({ inputs: [value('x', type, [1])] })).graph);

test.each([
  [14, 'complex64'],
  [15, 'complex128'],
  [16, 'bfloat16'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
  [21, 'uint4'],
  [22, 'int4'],
  [23, 'float4e2m1'],
  [24, 'float8e8m0'],
  [25, 'uint2'],
  [26, 'int2'],
  [27, 'the unknown type 27'],
  [0, 'the unknown type 0'],
])('an input of type %i is rejected by its name, %s', (type, name) => {
  expect(() => withInput(type)).toThrow(
    `input "x" holds ${name}, which no protocol can send; let the graph cast it, to float32 for instance`,
  );
});

test('all other types have a datatype', () => {
  const datatypes = Array.from(
    { length: 13 },
    (_, index) => withInput(index + 1).inputs[0]?.datatype,
  );
  expect(datatypes).toEqual(
    'FP32 UINT8 INT8 UINT16 INT16 INT32 INT64 BYTES BOOL FP16 FP64 UINT32 UINT64'.split(' '),
  );
});
