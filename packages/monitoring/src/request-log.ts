import type { IncomingMessage, ServerResponse } from 'node:http';
import { onRequestEnd, requestPath } from './request-end.ts';
import { responseHeader } from './response-header.ts';

/** The part of a logger that {@link requestLog} uses; pino's fits. */
export interface RequestLogger {
  /** For requests that say nothing new, such as health checks. */
  debug(fields: object, message: string): void;
  /** For requests that went as they should. */
  info(fields: object, message: string): void;
  /** For requests that somebody may want to look at. */
  warn(fields: object, message: string): void;
  /** Whether lines of a level are written at all; without it, each line is made. */
  isLevelEnabled?(level: 'debug' | 'info' | 'warn'): boolean;
}

/** Where a request stands in a distributed trace (W3C Trace Context). */
export interface RequestTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** Options of {@link requestLog}. */
export interface RequestLogOptions {
  readonly logger: RequestLogger;
  /**
   * Where the request id comes from: the name of a header, looked for in the response and then in the request, or
   * a function asked when the request has ended.
   *
   * @defaultValue 'x-request-id'
   */
  readonly requestId?: string | ((req: IncomingMessage, res: ServerResponse) => string | undefined);
  /**
   * Where a request stands in a distributed trace, asked when it has ended; written as `trace_id` and `span_id`.
   *
   * @defaultValue none
   */
  readonly trace?: (req: IncomingMessage) => RequestTrace | undefined;
  /**
   * Whether a path (no query) is a health check, which is logged at `debug`.
   *
   * @defaultValue the paths that load balancers and inference clients ask: `/healthz`, `/health`, `/livez`,
   * `/readyz`, `/ping`, `/v2/health/live`, `/v2/health/ready`
   */
  readonly isHealthCheck?: (path: string) => boolean;
  /**
   * Milliseconds of a clock that never goes back.
   *
   * @defaultValue `performance.now`
   */
  readonly now?: () => number;
}

const healthPaths = new Set([
  '/healthz',
  '/health',
  '/livez',
  '/readyz',
  '/ping',
  '/v2/health/live',
  '/v2/health/ready',
]);

/** A client chooses the path and may choose the id; neither may fill the log. */
const maxPathLength = 512;
const maxIdLength = 128;

/**
 * Makes middleware that writes one line at the end of each request: id, method, path without its query, status,
 * duration, outcome, model and version where the response names them (`fairlead-model`, `fairlead-version`), and the trace
 * where `trace` gives one.
 *
 * Never bodies, queries or headers. Level `info`; `warn` from status 500 up; `debug` for health checks. On an
 * aborted request, `status` is absent unless it had been sent.
 */
export function requestLog({
  logger,
  requestId = 'x-request-id',
  trace: traceOf = () => undefined,
  isHealthCheck = (path) => healthPaths.has(path),
  now = () => performance.now(),
}: RequestLogOptions) {
  return function requestLog(req: IncomingMessage, res: ServerResponse, next: () => void): void {
    const start = now();
    const path = requestPath(req);
    onRequestEnd(res, (outcome) => {
      let level: 'debug' | 'info' | 'warn' = 'info';
      let id: string | undefined;
      let trace: RequestTrace | undefined;
      let err: unknown;
      try {
        if (isHealthCheck(path)) level = 'debug';
        else if (outcome === 'completed' && res.statusCode >= 500) level = 'warn';
        if (logger.isLevelEnabled?.(level) === false) return;
        id =
          typeof requestId === 'function'
            ? requestId(req, res)
            : (responseHeader(res, requestId.toLowerCase()) ?? requestHeader(req, requestId));
        trace = traceOf(req);
      } catch (error) {
        // This is an event handler of the response, where a throw would end the process: the line tells instead.
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

function requestHeader(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name.toLowerCase()];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
