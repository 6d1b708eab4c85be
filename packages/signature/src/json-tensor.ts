import type { Datatype } from './datatype.ts';
import { encodeTensorData } from './encode-tensor.ts';
import { float16ToNumber } from './float16.ts';
import type { Tensor } from './tensor.ts';

/** An element of a tensor in JSON, or a list of elements. */
export type JsonTensorData = number | bigint | boolean | string | null | readonly JsonTensorData[];

/** A tensor in the JSON format of the Open Inference Protocol (V2). */
export interface JsonTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Elements in row-major order, flat or nested; `INT64` and `UINT64` beyond 2^53 as `bigint`. */
  readonly data: readonly JsonTensorData[];
}

/**
 * Converts a tensor to its JSON form, which `decodeTensor` converts to the same tensor: 64-bit integers are `bigint`, NaN is
 * `null`, and infinities are `"Infinity"` and `"-Infinity"`.
 *
 * @throws SignatureError `ERR_SIGNATURE_NOT_TEXT` for a `BYTES` element that isn't UTF-8.
 *
 * @example
 * ```ts
 * import { tensorAsJson } from '@fairlead/signature';
 *
 * const data = Float32Array.of(0.5, NaN, -Infinity);
 * console.log(tensorAsJson({ name: 'y', datatype: 'FP32', shape: [3], data }).data); // [ 0.5, null, '-Infinity' ]
 * ```
 */
export function tensorAsJson(tensor: Tensor): JsonTensor {
  const { name, datatype, shape } = tensor;
  return { name, datatype, shape, data: elementsOf(tensor) };
}

function elementsOf(tensor: Tensor): JsonTensor['data'] {
  switch (tensor.datatype) {
    case 'BOOL':
      return Array.from(tensor.data, (value) => value !== 0);
    case 'FP16':
      return Array.from(tensor.data, (bits) => floatAsJson(float16ToNumber(bits)));
    case 'FP32':
    case 'FP64':
      return Array.from(tensor.data, floatAsJson);
    case 'BYTES':
      return JSON.parse(encodeTensorData(tensor)) as string[];
    default:
      return [...tensor.data];
  }
}

function floatAsJson(value: number): number | string | null {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? null : String(value);
}
