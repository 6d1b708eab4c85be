import { badRequest } from '../protocol/json-body.ts';
import { ServingError } from '../errors/serving-error.ts';

/** The largest message of a call other than inference: it holds two names at most. */
export const MAX_SMALL_MESSAGE_BYTES = 8192;

/**
 * Decodes a message of a call other than inference.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE`, `ERR_SERVING_BAD_REQUEST`.
 */
export function decodeSmallMessage(bytes: Buffer, decode: (bytes: Buffer) => unknown): unknown {
  if (bytes.length > MAX_SMALL_MESSAGE_BYTES) {
    const message = `the message is larger than ${MAX_SMALL_MESSAGE_BYTES} bytes, the limit of this call`;
    throw new ServingError('ERR_SERVING_BODY_TOO_LARGE', message);
  }
  try {
    return decode(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw badRequest(`the message can't be decoded: ${why}`, cause);
  }
}
