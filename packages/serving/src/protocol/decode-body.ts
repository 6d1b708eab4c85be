import type { Codec } from '../codec/codec.ts';
import type { DecodedRequest } from '../inference/infer-request.ts';
import type { ModelRoute } from '../model-server/model-route.ts';
import type { InferenceExchange } from './protocol.ts';

const UNKNOWN = { inputs: [], outputs: [] };

/**
 * Decodes the body of a request that is answered later, without inferring.
 *
 * Resolves to undefined where decoding has to wait for the model: its signature isn't known yet.
 *
 * @throws ServingError and SignatureError for a body that can't be read.
 */
export async function decodeBody(
  exchange: InferenceExchange,
  body: Buffer,
  model: ModelRoute | undefined,
  codec: Codec,
): Promise<DecodedRequest | undefined> {
  if (model === undefined && exchange.readsSignature) return undefined;
  const signature = model?.signature ?? UNKNOWN;
  return (await exchange.decodeIn?.(codec, body, signature)) ?? exchange.decode(body, signature);
}
