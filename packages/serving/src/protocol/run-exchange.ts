import type { Signature } from '@fairlead/signature';
import type { Codec } from '../codec/codec.ts';
import type { DecodedRequest, Inferred, InferContext } from '../inference/infer-request.ts';
import type { ModelRoute } from '../model-server/model-route.ts';
import type { InferenceExchange } from './protocol.ts';

/**
 * Decodes a body and infers, a large body in another thread; an error of decoding counts as a failed request of the model
 * in either case.
 *
 * A body of an exchange with `binaryAt` must come from {@link receiveBody} with that option if `ownsBody` is set.
 */
export function runExchange<D extends DecodedRequest>(
  exchange: Pick<InferenceExchange<D>, 'decode' | 'decodeIn'>,
  body: Buffer,
  model: ModelRoute,
  context: InferContext,
  codec: Codec | undefined,
  ownsBody = false,
): Promise<Inferred<D>> {
  const decoding = codec && exchange.decodeIn?.(codec, body, model.signature);
  if (decoding !== undefined) {
    return settle(decoding).then((decode) => model.infer(decode, context));
  }
  return model.infer((signature: Signature) => exchange.decode(body, signature, ownsBody), context);
}

async function settle<D>(decoding: Promise<D>): Promise<() => D> {
  try {
    const decoded = await decoding;
    return () => decoded;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
