import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkMethod } from '../errors/check-options.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { InferenceHandler } from '../http/inference-handler.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import type { InferRoute, Protocol } from '../protocol/protocol.ts';
import { pathOf, routeRequest } from '../protocol/request-route.ts';
import { openInference } from '../protocol/open-inference/open-inference.ts';
import { acceptJob } from './accept-job.ts';
import { NotAuthorized } from './job-errors.ts';
import { resolveJobHandlerOptions, type JobHandlerOptions } from './job-handler-options.ts';
import { JobResource, POLL_SECONDS } from './job-resource.ts';
import { JobResponder } from './job-responder.ts';
import { prefersAsync } from './prefer.ts';

/**
 * Creates the handler of asynchronous inference: it stores requests with `Prefer: respond-async` (RFC 7240) as jobs, and
 * answers requests for jobs. Other requests are passed to `next`; mount it before the inference handler.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function jobHandler(server: ModelServer, options: JobHandlerOptions): InferenceHandler {
  checkMethod('jobHandler', 'a ModelServer', server, 'route');
  const resolved = resolveJobHandlerOptions(options);
  const { queue, path: root, protocols, onError } = resolved;
  const responder = new JobResponder({ server, queue, path: root, onError });
  const resource = new JobResource(resolved, responder);
  const [fallback = openInference()] = protocols;

  async function accept(
    found: { readonly route: InferRoute; readonly protocol: Protocol },
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const job = await acceptJob(server, found, resolved, req, res);
    res.setHeader('location', responder.pathOf(job, req));
    res.setHeader('preference-applied', 'respond-async');
    if (job.outcome === undefined) res.setHeader('retry-after', POLL_SECONDS);
    responder.sendJob(res, 202, job);
  }

  return function jobs(req, res, next) {
    const url = req.url ?? '/';
    if (url.startsWith(root)) {
      const rest = pathOf(url).slice(root.length);
      if (rest === '' || rest.startsWith('/')) {
        resource.answer(rest, req, res).catch((error: unknown) => {
          if (next !== undefined && error instanceof NotAuthorized) next(error.cause);
          else responder.sendError(res, error, fallback);
        });
        return;
      }
    }
    if (req.method === 'POST' && prefersAsync(req.headers.prefer)) {
      const found = routeRequest(protocols, req);
      if (found?.route.target !== undefined && found.route.methods.includes('POST')) {
        const { route, protocol } = found;
        accept({ route, protocol }, req, res).catch((error: unknown) => {
          responder.sendError(res, error, protocol);
        });
        return;
      }
    }
    if (next !== undefined) {
      next();
      return;
    }
    const message = `no route matches ${JSON.stringify(pathOf(url).slice(0, 200))}`;
    responder.sendError(res, new ServingError('ERR_SERVING_PATH_NOT_FOUND', message), fallback);
  };
}
