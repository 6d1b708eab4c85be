import { encodeTensor } from '@fairlead/signature';
import type { InferResult } from '../../infer-request.ts';

/** JSON text of an Open Inference Protocol response. */
export function encodeInferResponse({ model, version, id, outputs }: InferResult): string {
  const head = `{"model_name":${JSON.stringify(model)},"model_version":"${version}"`;
  const echoed = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
  return `${head}${echoed},"outputs":[${outputs.map(encodeTensor).join(',')}]}`;
}
