import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuseOption } from './check-option.ts';
import type { Next } from './middleware.ts';
import { problemErrors } from './problem-errors.ts';
import { SecurityError } from './security-error.ts';

/** A middleware or a final handler; a promise it returns is watched for rejection. */
export type ChainStep = (req: IncomingMessage, res: ServerResponse, next: Next) => unknown;

/** A handler of failures, told apart by its four parameters, as in Express. */
export type ChainErrorHandler = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
) => unknown;

/** A listener for `http.createServer`; given a `next`, a middleware for Express or for another chain. */
export type Chain = (req: IncomingMessage, res: ServerResponse, next?: Next) => void;

const answerFailure = problemErrors();

/**
 * Composes steps into one listener; the last one may be an error handler such as {@link problemErrors}.
 *
 * Each step runs when the one before calls `next()`, unless the request has been answered by then. What a step throws,
 * rejects with or hands to `next(error)` goes to the error handler, and without one is answered as a problem. A request
 * that nobody answers gets a 404. In a chain that is itself a middleware, what is left goes to the outer `next`.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` if a step isn't a function, or an error handler isn't the last.
 */
export function chain(...steps: readonly ChainStep[]): Chain;
export function chain(...steps: readonly [...ChainStep[], ChainErrorHandler]): Chain;
export function chain(...all: readonly (ChainStep | ChainErrorHandler)[]): Chain {
  const steps: ChainStep[] = [];
  let errorHandler: ChainErrorHandler | undefined;
  all.forEach((step, index) => {
    if (typeof step !== 'function') refuseOption(`steps[${index}]`, 'a function', step);
    if (!isErrorHandler(step)) steps.push(step);
    else if (index === all.length - 1) errorHandler = step;
    else
      refuseOption(`steps[${index}]`, 'an error handler (four parameters) only at the end', step);
  });

  return function chainListener(req: IncomingMessage, res: ServerResponse, next?: Next) {
    let hasLeft = false;
    let handled: Failure | undefined;
    run(0);

    function run(index: number): void {
      if (res.headersSent || res.writableEnded || res.destroyed) return;
      const step = steps[index];
      if (step === undefined) {
        leave(undefined);
        return;
      }
      // As `attempt` does it, without its closures: every request comes this way.
      let hasHandedOn = false;
      const failed = (error: unknown): void => {
        hasHandedOn = true;
        fail({ error });
      };
      try {
        const result = step(req, res, (error) => {
          if (error) failed(error);
          else if (!hasHandedOn) {
            hasHandedOn = true;
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
      if (next !== undefined && !hasLeft) {
        hasLeft = true;
        next(failure && reasonOf(failure));
        return;
      }
      const error = failure === undefined ? notFound() : failure.error;
      // The error handler has seen it; there is only a half answer left, which must not look whole.
      if (res.headersSent && error === handled?.error) res.destroy();
      else answerFailure(error, req, res, () => res.destroy());
    }
  };
}

interface Failure {
  readonly error: unknown;
}

/**
 * Runs a step and reports its outcome, however the step reports it.
 *
 * A step that hands on twice must not run the rest twice; a failure after it handed on still counts.
 */
function attempt(
  step: (proceed: Next) => unknown,
  report: (failure: Failure | undefined) => void,
): void {
  let hasHandedOn = false;
  const settle = (failure: Failure | undefined): void => {
    if (hasHandedOn && failure === undefined) return;
    hasHandedOn = true;
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

/** An outer `next` takes whatever is falsy for success. */
function reasonOf({ error }: Failure): unknown {
  if (error) return error;
  return new Error('A step failed without a reason.', { cause: error });
}

function notFound(): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_NOT_FOUND',
    'Nothing here answers this request; check the method and the path.',
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
