import type { Datatype } from '../datatype.ts';

// TensorProto.DataType by number: https://github.com/onnx/onnx/blob/v1.20.0/onnx/onnx-ml.proto
const types: readonly (readonly [name: string, datatype?: Datatype] | undefined)[] = [
  undefined,
  ['float32', 'FP32'],
  ['uint8', 'UINT8'],
  ['int8', 'INT8'],
  ['uint16', 'UINT16'],
  ['int16', 'INT16'],
  ['int32', 'INT32'],
  ['int64', 'INT64'],
  ['string', 'BYTES'],
  ['bool', 'BOOL'],
  ['float16', 'FP16'],
  ['float64', 'FP64'],
  ['uint32', 'UINT32'],
  ['uint64', 'UINT64'],
  ['complex64'],
  ['complex128'],
  ['bfloat16'],
  ['float8e4m3fn'],
  ['float8e4m3fnuz'],
  ['float8e5m2'],
  ['float8e5m2fnuz'],
  ['uint4'],
  ['int4'],
  ['float4e2m1'],
  ['float8e8m0'],
  ['uint2'],
  ['int2'],
];

/**
 * Returns the name of a datatype by its number in `TensorProto.DataType`: `float8e4m3fn`.
 *
 * @example
 * ```ts
 * import { onnxTypeName } from '@fairlead/signature/onnx';
 *
 * console.log(onnxTypeName(16)); // bfloat16
 * ```
 */
export function onnxTypeName(elementType: number): string {
  return types[elementType]?.[0] ?? `the unknown type ${elementType}`;
}

/**
 * Returns the datatype for elements of an ONNX type; undefined for a type that no protocol can send.
 *
 * @example
 * ```ts
 * import { onnxDatatype } from '@fairlead/signature/onnx';
 *
 * console.log(onnxDatatype(1), onnxDatatype(16)); // FP32 undefined
 * ```
 */
export function onnxDatatype(elementType: number): Datatype | undefined {
  return types[elementType]?.[1];
}
