import { encodeBinaryTensor, encodeTensor } from '@fairlead/signature';
import type { InferResult } from '../../inference/infer-request.ts';
import type { Reply } from '../protocol.ts';
import type { BinaryOutputs } from './decode-infer-request.ts';

const HEADER = 'inference-header-content-length';

/** An Open Inference Protocol response: JSON, and behind it the bytes of those outputs that are wanted so. */
export function encodeInferResponse(
  { model, version, id, outputs }: InferResult,
  { byDefault, named }: BinaryOutputs,
): Reply {
  const tails: Uint8Array[] = [];
  const tensors = outputs.map((output) => {
    if (!(named?.get(output.name) ?? byDefault)) return encodeTensor(output);
    const bytes = encodeBinaryTensor(output);
    tails.push(bytes);
    const { name, datatype, shape } = output;
    return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}],"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const head = `{"model_name":${JSON.stringify(model)},"model_version":"${version}"`;
  const echoed = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
  const json = `${head}${echoed},"outputs":[${tensors.join(',')}]}`;
  if (tails.length === 0) return { body: json };
  const text = Buffer.from(json);
  return {
    body: Buffer.concat([text, ...tails]),
    contentType: 'application/octet-stream',
    headers: { [HEADER]: String(text.length) },
  };
}
