import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { isDiscarding } from './discard-rest.ts';
import type { ErrorMiddleware, Next } from './middleware.ts';
import { describeFailure, type ProblemDescription } from './problem.ts';
import { sendProblem } from './send-problem.ts';

/** Options of {@link problemErrors}. */
export interface ProblemErrorsOptions {
  /**
   * Called for every server failure: responses with 5xx, and failures after the response started.
   * @defaultValue `process.emitWarning`, so that no failure is silent
   */
  readonly onError?: (error: unknown, req: IncomingMessage) => void;
  /**
   * Describes errors of other libraries to the client; undefined selects the default (a 4xx `status` stays, with a
   * general text; everything else is a 500 that reveals nothing).
   */
  readonly describe?: (error: unknown) => ProblemDescription | undefined;
}

const optionNames: OptionNames<ProblemErrorsOptions> = {
  onError: 'optional',
  describe: 'optional',
};

/**
 * Creates the error handler that responds with problem+json, for {@link chain} and Express; it goes last.
 *
 * A failure after the response started goes to `next`, which closes the connection: a partial response must not look complete.
 *
 * @example
 * ```ts
 * import { problemErrors } from '@fairlead/security';
 *
 * const middleware = problemErrors({ onError: (error) => console.error(error) });
 * console.log(middleware.length); // 4
 * ```
 */
export function problemErrors(options: ProblemErrorsOptions = {}): ErrorMiddleware {
  const { onError = warn, describe } = checkOptions('problemErrors', options, optionNames);
  return function problemErrorMiddleware(
    error: unknown,
    req: IncomingMessage,
    res: ServerResponse,
    next: Next,
  ) {
    if (res.headersSent) {
      // The reader of a truncated body reports an error that the client already got.
      if (isDiscarding(req)) return;
      onError(error, req);
      if (!res.writableEnded) next(error);
      return;
    }
    if (isClientDisconnect(error, res)) return;
    const description = describe?.(error) ?? describeFailure(error);
    sendProblem(req, res, description);
    if (description.status >= 500) onError(error, req);
  };
}

/** Returns whether Node reports to the reader of a body that the client disconnected, which is no server failure. */
function isClientDisconnect(error: unknown, res: ServerResponse): boolean {
  return res.destroyed && error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
