import type { IncomingMessage } from 'node:http';
import type { InferTarget } from '../inference/infer-request.ts';
import type { ModelRoute } from '../model-server/model-route.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { ServingError } from '../errors/serving-error.ts';

/** Headers that the protocols read. */
const STORED_HEADERS = ['content-type', 'accept', 'inference-header-content-length'];
const MAX_KEY_LENGTH = 255;

/**
 * Routes a request; undefined for a model that isn't ready, which may be when the job runs.
 *
 * @throws ServingError `ERR_SERVING_MODEL_NOT_FOUND` or `ERR_SERVING_VERSION_NOT_FOUND`.
 */
export function routeIfReady(server: ModelServer, target: InferTarget): ModelRoute | undefined {
  try {
    return server.route(target);
  } catch (error) {
    if (error instanceof ServingError && error.code === 'ERR_SERVING_NOT_READY') return undefined;
    throw error;
  }
}

/** The headers of a request that its job is stored with. */
export function storedHeaders({ headers }: IncomingMessage): Record<string, string> {
  const stored: Record<string, string> = {};
  for (const name of STORED_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string') stored[name] = value;
  }
  return stored;
}

/**
 * Reads the header `Idempotency-Key`.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` for one that is empty or too long.
 */
export function idempotencyKeyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key !== '' && key.length <= MAX_KEY_LENGTH) return key;
  const message = `Idempotency-Key must have 1 to ${MAX_KEY_LENGTH} characters`;
  throw new ServingError('ERR_SERVING_BAD_REQUEST', message);
}
