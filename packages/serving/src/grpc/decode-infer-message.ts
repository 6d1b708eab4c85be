import type { InferRequest } from '../inference/infer-request.ts';
import { decodeModelInfer, requestsRaw } from './decode-model-infer.ts';
import { measureModelInfer, type MessageLimits } from './wire/measure-model-infer.ts';
import { readModelInfer } from './wire/read-model-infer.ts';

/** As many elements as 16 MiB of FP32 hold, and as many fields and strings as are scanned and decoded in 20 ms. */
const LIMITS: MessageLimits = { maxElements: 4_194_304, maxFields: 131_072 };

/** A request of gRPC. */
export interface DecodedMessage {
  readonly request: InferRequest;
  /** True if the outputs are sent as bytes. */
  readonly raw: boolean;
}

/**
 * Decodes the bytes of `ModelInferRequest`, once it is known that they hold no more than may be decoded.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE`, `ERR_SERVING_BAD_REQUEST`, `ERR_SERVING_UNSUPPORTED`;
 * SignatureError naming a tensor.
 */
export function decodeInferMessage(bytes: Uint8Array): DecodedMessage {
  measureModelInfer(bytes, LIMITS);
  const message = readModelInfer(bytes);
  return { request: decodeModelInfer(message), raw: requestsRaw(message) };
}
