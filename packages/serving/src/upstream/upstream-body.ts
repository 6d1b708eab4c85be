import { decodeJson, decodeTensor, encodeTensor, type Tensor } from '@fairlead/signature';

/** JSON text of a request to an upstream. */
export function encodeUpstreamRequest(inputs: readonly Tensor[]): string {
  return `{"inputs":[${inputs.map(encodeTensor).join(',')}]}`;
}

/**
 * The outputs in an upstream's answer.
 *
 * @throws SyntaxError, TypeError or SignatureError when it isn't one.
 */
export function decodeUpstreamAnswer(body: Buffer): readonly Tensor[] {
  return decodeJson(body.toString(), (json) => {
    const { outputs } = json as { outputs?: unknown };
    if (!Array.isArray(outputs)) throw new TypeError('no outputs');
    return outputs.map(decodeTensor);
  });
}
