import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDiscarding } from './discard-rest.ts';
import type { ErrorMiddleware, Next } from './middleware.ts';
import { describeFailure, type ProblemDescription } from './problem.ts';
import { sendProblem } from './send-problem.ts';

/** Settings of {@link problemErrors}. */
export interface ProblemErrorsOptions {
  /**
   * Hears of every failure that is ours to repair: those answered with 5xx, and those that came too late to be
   * answered at all.
   * @defaultValue `process.emitWarning`, so that no failure is silent
   */
  readonly onError?: (error: unknown, req: IncomingMessage) => void;
  /**
   * Describes the errors of other libraries to the client; undefined leaves them to the default (a 4xx `status` is
   * kept with a general text, everything else is a 500 that gives nothing away).
   */
  readonly describe?: (error: unknown) => ProblemDescription | undefined;
}

/**
 * Makes the error handler that answers with problem+json, for {@link chain} and for Express alike; it goes last.
 *
 * A failure after the answer has begun is handed on, which cuts the connection: a half answer must not look whole.
 */
export function problemErrors({
  onError = warn,
  describe,
}: ProblemErrorsOptions = {}): ErrorMiddleware {
  return function problemErrorMiddleware(
    error: unknown,
    req: IncomingMessage,
    res: ServerResponse,
    next: Next,
  ) {
    if (res.headersSent) {
      // The reader of a body that was cut off reports what the client has already been told.
      if (isDiscarding(req)) return;
      onError(error, req);
      if (!res.writableEnded) next(error);
      return;
    }
    if (isClientGone(error, res)) return;
    const description = describe?.(error) ?? describeFailure(error);
    sendProblem(req, res, description);
    if (description.status >= 500) onError(error, req);
  };
}

/** Whoever was reading the body gets this from Node when the client hangs up; there is nothing to repair. */
function isClientGone(error: unknown, res: ServerResponse): boolean {
  return res.destroyed && error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
