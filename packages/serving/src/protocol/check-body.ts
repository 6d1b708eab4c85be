import type { Call, Route } from './dialect.ts';

/**
 * Decodes the body of a request for inference as the route would, without having a model infer; for requests that are
 * answered later.
 *
 * @throws ServingError and SignatureError as the route would for a body that it can't read.
 */
export async function checkBody(route: Route, call: Omit<Call, 'infer'>): Promise<void> {
  const done = new Error('the body was decoded');
  try {
    await route.answer({
      ...call,
      infer: (_target, request) => {
        if (typeof request === 'function') request();
        return Promise.reject(done);
      },
    });
  } catch (error) {
    if (error !== done) throw error;
  }
}
