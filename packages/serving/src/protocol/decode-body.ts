import { ServingError } from '../errors/serving-error.ts';
import type { Call, Route } from './dialect.ts';

/**
 * Decodes the body of a request for inference as the route would, without having a model infer; for requests that are
 * answered later. Pass the result to the route as {@link Call.decoded}.
 *
 * Resolves to undefined where decoding has to wait for the model: its signature isn't known yet.
 *
 * @throws ServingError and SignatureError as the route would for a body that it can't read.
 */
export async function decodeBody(
  route: Route,
  call: Omit<Call, 'infer' | 'decoded' | 'onDecoded'>,
): Promise<unknown> {
  const done = new Error('the body was decoded');
  let decoded: unknown;
  try {
    await route.answer({
      ...call,
      onDecoded: (value) => (decoded = value),
      infer: (_target, request) => {
        if (typeof request === 'function') request();
        return Promise.reject(done);
      },
    });
  } catch (error) {
    const isWaiting = error instanceof ServingError && error.code === 'ERR_SERVING_NOT_READY';
    if (error !== done && !isWaiting) throw error;
  }
  return decoded;
}
