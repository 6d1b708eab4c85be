import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkFunction, checkMethod, checkOptions, rejectResult } from './check-options.ts';
import { firstPass } from './first-pass.ts';
import type { OptionNames } from './options-problem.ts';
import { onRequestEnd, requestPath } from './request-end.ts';
import { responseHeader } from './response-header.ts';

/** Part of a logger that {@link requestLog} uses; compatible with pino. */
export interface RequestLogger {
  /** Logs routine requests, such as health checks. */
  debug(fields: object, message: string): void;
  /** Logs other requests. */
  info(fields: object, message: string): void;
  /** Logs requests that need attention. */
  warn(fields: object, message: string): void;
  /** Returns whether a level is written; without it, each line is built. */
  isLevelEnabled?(level: 'debug' | 'info' | 'warn'): boolean;
}

/** Ids of a request in a distributed trace (W3C Trace Context). */
export interface RequestTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** Options of {@link requestLog}. */
export interface RequestLogOptions {
  /** Logger of the lines, such as one of {@link createLogger}. */
  readonly logger: RequestLogger;
  /**
   * Source of the request id: the name of a header, read from the response and then from the request, or
   * a function called when the request has ended.
   *
   * @defaultValue 'x-request-id'
   */
  readonly requestId?: string | ((req: IncomingMessage, res: ServerResponse) => string | undefined);
  /**
   * Returns the trace of a request; called when it has ended. Logged as `trace_id` and `span_id`.
   *
   * @defaultValue none
   */
  readonly trace?: (req: IncomingMessage) => RequestTrace | undefined;
  /**
   * Returns whether a path (without query) is a health check, which is logged at `debug`.
   *
   * @defaultValue the usual paths of load balancers and inference clients: `/healthz`, `/health`, `/livez`,
   * `/readyz`, `/ping`, `/v2/health/live`, `/v2/health/ready`
   */
  readonly isHealthCheck?: (path: string) => boolean;
  /**
   * Monotonic clock, in milliseconds.
   *
   * @defaultValue `performance.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<RequestLogOptions> = {
  logger: 'required',
  requestId: 'optional',
  trace: 'optional',
  isHealthCheck: 'optional',
  now: 'optional',
};

const healthPaths = new Set([
  '/healthz',
  '/health',
  '/livez',
  '/readyz',
  '/ping',
  '/v2/health/live',
  '/v2/health/ready',
]);

/** Maximum lengths: a client chooses the path and may choose the id, and neither may fill the log. */
const maxPathLength = 512;
const maxIdLength = 128;

/**
 * Creates middleware that logs one line at the end of each request: id, method, path without its query, status,
 * duration, outcome, model and version where the response names them (`fairlead-model`, `fairlead-version`), and the trace
 * where `trace` returns one.
 *
 * It never logs bodies, queries or headers, and a request that passes it twice only once. The level is `info`; `warn` from status 500 up; `debug` for health checks. For an
 * aborted request, `status` is absent unless it had been sent.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { createLogger, requestLog } from '@fairlead/monitoring';
 *
 * const logger = createLogger({ service: 'shop', destination: { write: () => undefined } });
 * console.log(requestLog({ logger }).length); // 3
 * ```
 */
export function requestLog(options: RequestLogOptions) {
  const {
    logger,
    requestId = 'x-request-id',
    trace: traceOf = () => undefined,
    isHealthCheck = (path: string) => healthPaths.has(path),
    now = () => performance.now(),
  } = checkOptions('requestLog', options, optionNames);
  for (const method of ['debug', 'info', 'warn'] as const) checkMethod('logger', logger, method);
  if (typeof requestId !== 'string') checkFunction('requestId', requestId);
  checkFunction('trace', traceOf);
  checkFunction('isHealthCheck', isHealthCheck);
  const isFirstPass = firstPass();
  return function requestLog(req: IncomingMessage, res: ServerResponse, next: () => void): void {
    if (!isFirstPass(res)) {
      next();
      return;
    }
    const start = now();
    const path = requestPath(req);
    onRequestEnd(res, (outcome) => {
      let level: 'debug' | 'info' | 'warn' = 'info';
      let id: string | undefined;
      let trace: RequestTrace | undefined;
      let err: unknown;
      try {
        if (outcome === 'completed' && res.statusCode >= 500) level = 'warn';
        if (isTrue('isHealthCheck', isHealthCheck(path))) level = 'debug';
        if (logger.isLevelEnabled?.(level) === false) return;
        id =
          typeof requestId === 'function'
            ? textOf('requestId', requestId(req, res))
            : (responseHeader(res, requestId.toLowerCase()) ?? requestHeader(req, requestId));
        trace = traceOf(req);
        if (trace instanceof Promise)
          rejectResult('trace', trace, 'the ids of a trace or undefined');
      } catch (error) {
        // This is an event handler of the response, where an exception would end the process: the line has the error instead.
        err = error;
      }
      const model = responseHeader(res, 'fairlead-model');
      const version = responseHeader(res, 'fairlead-version');
      const fields = {
        ...(id !== undefined && { requestId: id.slice(0, maxIdLength) }),
        ...(trace !== undefined && { trace_id: trace.traceId, span_id: trace.spanId }),
        method: req.method,
        path: path.slice(0, maxPathLength),
        ...((outcome === 'completed' || res.headersSent) && { status: res.statusCode }),
        durationMs: Math.round(Math.max(0, now() - start) * 1000) / 1000,
        outcome,
        ...(model !== undefined && { model }),
        ...(version !== undefined && { version }),
        ...(err !== undefined && { err }),
      };
      logger[level](fields, 'request');
    });
    next();
  };
}

function isTrue(name: string, value: unknown): boolean {
  return typeof value === 'boolean' ? value : rejectResult(name, value, 'true or false');
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return rejectResult(name, value, 'a string or undefined');
}

function requestHeader(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name.toLowerCase()];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
