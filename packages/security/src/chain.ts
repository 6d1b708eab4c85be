import type { IncomingMessage, ServerResponse } from 'node:http';
import { rejectOption } from './check-options.ts';
import type { Next } from './middleware.ts';
import { problemErrors } from './problem-errors.ts';
import { SecurityError } from './security-error.ts';

/** Middleware or a final handler; a rejected promise counts as a failure. */
export type ChainStep = (req: IncomingMessage, res: ServerResponse, next: Next) => unknown;

/** Error handler, recognized by its four parameters, as in Express. */
export type ChainErrorHandler = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
) => unknown;

/** Listener for `http.createServer`; called with `next`, middleware for Express or for another chain. */
export type Chain = (req: IncomingMessage, res: ServerResponse, next?: Next) => void;

const answerFailure = problemErrors();

/**
 * Composes middleware into one listener; the last one may be an error handler such as {@link problemErrors}.
 *
 * Each step runs when the previous one calls `next()`, unless the response has already started. An error that a step throws,
 * rejects with or passes to `next(error)` goes to the error handler; without one, the response is a problem. A request that no
 * step answers gets a 404. In a chain that is itself middleware, unanswered requests and errors go to the outer `next`.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if a step isn't a function, or an error handler isn't the last.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { chain, problemErrors, requestId } from '@fairlead/security';
 *
 * const handler = chain(requestId(), (_req, res) => res.end('hello'), problemErrors());
 * console.log(createServer(handler).listening); // false
 * ```
 */
export function chain(...steps: readonly ChainStep[]): Chain;
export function chain(...steps: readonly [...ChainStep[], ChainErrorHandler]): Chain;
export function chain(...all: readonly (ChainStep | ChainErrorHandler)[]): Chain {
  const steps: ChainStep[] = [];
  let errorHandler: ChainErrorHandler | undefined;
  all.forEach((step, index) => {
    if (typeof step !== 'function') rejectOption(`steps[${index}]`, 'a function', step);
    if (!isErrorHandler(step)) steps.push(step);
    else if (index === all.length - 1) errorHandler = step;
    else
      rejectOption(`steps[${index}]`, 'an error handler (four parameters) only at the end', step);
  });

  return function chainListener(req: IncomingMessage, res: ServerResponse, next?: Next) {
    let outerNextCalled = false;
    let handled: Failure | undefined;
    run(0);

    function run(index: number): void {
      if (res.headersSent || res.writableEnded || res.destroyed) return;
      const step = steps[index];
      if (step === undefined) {
        leave(undefined);
        return;
      }
      // Like `attempt`, without its closures: this runs for every request.
      let nextCalled = false;
      const failed = (error: unknown): void => {
        nextCalled = true;
        fail({ error });
      };
      try {
        const result = step(req, res, (error) => {
          if (error) failed(error);
          else if (!nextCalled) {
            nextCalled = true;
            run(index + 1);
          }
        });
        if (isPromiseLike(result)) result.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    }

    function fail(failure: Failure): void {
      const handler = errorHandler;
      handled = handler && failure;
      if (handler === undefined) leave(failure);
      else {
        attempt((proceed) => handler(failure.error, req, res, proceed), leave);
      }
    }

    function leave(failure: Failure | undefined): void {
      if (next !== undefined && !outerNextCalled) {
        outerNextCalled = true;
        next(failure && reasonOf(failure));
        return;
      }
      const error = failure === undefined ? notFound() : failure.error;
      // The error handler had its turn; the rest of the response is missing, and it must not look complete.
      if (res.headersSent && error === handled?.error) res.destroy();
      else answerFailure(error, req, res, () => res.destroy());
    }
  };
}

interface Failure {
  readonly error: unknown;
}

/**
 * Runs a step and reports its outcome, by `next`, exception or promise.
 *
 * A step that calls `next()` twice must not run the rest twice; a failure after the call still counts.
 */
function attempt(
  step: (proceed: Next) => unknown,
  report: (failure: Failure | undefined) => void,
): void {
  let nextCalled = false;
  const settle = (failure: Failure | undefined): void => {
    if (nextCalled && failure === undefined) return;
    nextCalled = true;
    report(failure);
  };
  try {
    const result = step((error) => {
      settle(error ? { error } : undefined);
    });
    if (isPromiseLike(result)) {
      result.then(undefined, (error: unknown) => {
        settle({ error });
      });
    }
  } catch (error) {
    settle({ error });
  }
}

/** Returns the error for the outer `next`, which reads a falsy value as success. */
function reasonOf({ error }: Failure): unknown {
  if (error) return error;
  return new Error('A step failed without a reason.', { cause: error });
}

function notFound(): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_NOT_FOUND',
    'Nothing answers this request; check the method and the path.',
  );
}

function isErrorHandler(step: ChainStep | ChainErrorHandler): step is ChainErrorHandler {
  return step.length === 4;
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
