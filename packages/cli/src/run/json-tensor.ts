import type { JsonTensor } from '@fairlead/registry';
import { encodeTensorData, float16ToNumber, type Tensor } from '@fairlead/signature';

/**
 * A tensor in the JSON form of the Open Inference Protocol; 64-bit integers keep every digit, as `bigint`, and NaN and the
 * infinities stay apart: `null`, `"Infinity"` and `"-Infinity"`.
 */
export function jsonTensorOf(tensor: Tensor): JsonTensor {
  const { name, datatype, shape } = tensor;
  return { name, datatype, shape, data: dataOf(tensor) };
}

function dataOf(tensor: Tensor): JsonTensor['data'] {
  switch (tensor.datatype) {
    case 'INT64':
    case 'UINT64':
      return [...tensor.data];
    case 'FP16':
      return Array.from(tensor.data, (bits) => floatOf(float16ToNumber(bits)));
    case 'FP32':
    case 'FP64':
      return Array.from(tensor.data, floatOf);
    default:
      return JSON.parse(encodeTensorData(tensor)) as JsonTensor['data'];
  }
}

function floatOf(value: number): number | string | null {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? null : String(value);
}
