import type { JsonTensor } from '@fairlead/registry';
import { encodeTensorData, type Tensor } from '@fairlead/signature';

/** A tensor in the JSON form of the Open Inference Protocol; 64-bit integers keep every digit, as `bigint`. */
export function jsonTensorOf(tensor: Tensor): JsonTensor {
  const { name, datatype, shape } = tensor;
  const wide = tensor.datatype === 'INT64' || tensor.datatype === 'UINT64';
  const data = wide
    ? [...tensor.data]
    : (JSON.parse(encodeTensorData(tensor)) as JsonTensor['data']);
  return { name, datatype, shape, data };
}
