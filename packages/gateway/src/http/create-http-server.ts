import { createServer, type IncomingMessage, type Server } from 'node:http';
import { httpMetrics, requestLog, type InferenceMetrics } from '@fairlead/monitoring';
import { chain, getRequestId, problemErrors } from '@fairlead/security';
import {
  inferenceHandler,
  findTraceContext,
  type BodyMemory,
  type CodecPool,
  type Protocol,
  type InferenceHandler,
  type ModelServer,
} from '@fairlead/serving';
import type { Guard } from '../access/guard.ts';
import type { Tracing } from '../monitoring/open-tracing.ts';
import type { Logger } from '../monitoring/logger.ts';
import type { Settings } from '../settings/settings.ts';
import { createApp } from './create-app.ts';
import { routeGroups } from './route-groups.ts';

/** Dependencies of the HTTP server. */
export interface HttpDependencies {
  readonly models: ModelServer;
  readonly protocols: readonly Protocol[];
  readonly guard: Guard;
  /** Asynchronous inference; undefined when the settings name no queue. */
  readonly jobs: InferenceHandler | undefined;
  readonly bodies: BodyMemory;
  readonly codec: CodecPool;
  readonly client: (req: IncomingMessage) => string;
  readonly metrics: InferenceMetrics;
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
  readonly onError: (error: unknown) => void;
}

/** Creates the HTTP server, not yet listening: metrics and log around the guard, the inference protocols, and Express behind them. */
export function createHttpServer(
  settings: Settings,
  {
    models,
    protocols,
    guard,
    jobs,
    bodies,
    codec,
    client,
    metrics,
    tracing,
    logger,
    onError,
  }: HttpDependencies,
): Server {
  const app = createApp(settings, models, protocols, guard, metrics);
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
      onError,
    }),
    (req, res, next) => {
      // Express accepts a `next` for requests that it doesn't answer; its types don't declare that.
      Reflect.apply(app, undefined, [req, res, next]);
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
