import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkMethod } from '../errors/check-options.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { openInference } from '../protocol/open-inference/open-inference.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { pathOf, routeRequest } from '../protocol/request-route.ts';
import { sendError } from '../protocol/respond.ts';
import { answerRequest } from './answer-request.ts';
import {
  resolveInferenceHandlerOptions,
  type InferenceHandlerOptions,
} from './inference-handler-options.ts';

/** A `node:http` handler, which Express accepts as well; requests for other paths are passed to `next`. */
export type InferenceHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * Creates the handler of inference over HTTP for a model server, in one or several protocols.
 *
 * In Express mount it before `express.json()`: it reads the body itself.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { inferenceHandler, ModelServer, openInference } from '@fairlead/serving';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * const server = createServer(inferenceHandler(models, { protocols: [openInference()] }));
 * console.log(server.listening); // false
 * ```
 */
export function inferenceHandler(
  server: ModelServer,
  options: InferenceHandlerOptions = {},
): InferenceHandler {
  checkMethod('inferenceHandler', 'a ModelServer', server, 'route');
  const resolved = resolveInferenceHandlerOptions(options);
  const { protocols, onError } = resolved;
  const [fallback = openInference()] = protocols;

  function fail(error: unknown, protocol: Protocol, res: ServerResponse): void {
    sendError(res, error, { protocol, onError, draining: server.draining });
  }

  return function inference(req, res, next) {
    const found = routeRequest(protocols, req);
    if (found !== undefined) {
      answerRequest(server, resolved, found.route, req, res).catch((error: unknown) => {
        fail(error, found.protocol, res);
      });
      return;
    }
    if (next !== undefined) {
      next();
      return;
    }
    const path = JSON.stringify(pathOf(req.url ?? '/').slice(0, 200));
    fail(new ServingError('ERR_SERVING_PATH_NOT_FOUND', `no route matches ${path}`), fallback, res);
  };
}
