import { createServer, type Server } from 'node:http';
import { httpMetrics, requestLog } from '@fairlead/monitoring';
import { chain, getRequestId, problemErrors } from '@fairlead/security';
import {
  inferenceHandler,
  findTraceContext,
  type CodecPool,
  type InferenceHandler,
} from '@fairlead/serving';
import type { RoutingKeys } from '../access/routing-keys.ts';
import type { Tracing } from '../monitoring/open-tracing.ts';
import type { Logger } from '../monitoring/logger.ts';
import type { Settings } from '../settings/settings.ts';
import type { SharedDependencies } from './create-app.ts';
import type { OpenApp } from './open-pages.ts';
import { routeGroups } from './route-groups.ts';

/** Dependencies of the HTTP server. */
export interface HttpDependencies extends SharedDependencies {
  /** Asynchronous inference; undefined when the settings name no queue. */
  readonly jobs: InferenceHandler | undefined;
  readonly codec: CodecPool;
  readonly routingKeys: RoutingKeys;
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
  /** The application behind the inference protocols. */
  readonly app: OpenApp;
}

/** Creates the HTTP server, not yet listening: metrics and log around the guard, the inference protocols, and Express behind them. */
export function createHttpServer(settings: Settings, dependencies: HttpDependencies): Server {
  const { models, protocols, guard, jobs, bodies, codec, client, metrics, tracing } = dependencies;
  const { app, logger, onError } = dependencies;
  const handler = chain(
    ...(tracing ? [tracing.middleware] : []),
    httpMetrics({ registry: metrics.registry, routeGroup: routeGroups(protocols) }),
    requestLog({ logger, requestId: (req) => getRequestId(req), trace: findTraceContext }),
    guard.chain,
    ...(jobs ? [jobs] : []),
    inferenceHandler(models, {
      protocols,
      maxBodyBytes: settings.maxBodyBytes,
      bodies,
      codec,
      client,
      requestId: getRequestId,
      charge: guard.chargeOf,
      routingKey: dependencies.routingKeys.ofRequest,
      onError,
    }),
    async (req, res, next) => {
      // Express accepts a `next` for requests that it doesn't answer; its types don't declare that.
      Reflect.apply(await app(), undefined, [req, res, next]);
    },
    problemErrors({ onError }),
  );
  return createServer(
    {
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      headersTimeout: settings.headersTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      connectionsCheckingInterval: 1000,
    },
    (req, res) => {
      handler(req, res);
    },
  );
}
