import { ServingError, type ServingErrorCode } from './serving-error.ts';

const FAULTS: ReadonlySet<ServingErrorCode> = new Set<ServingErrorCode>([
  'ERR_SERVING_RUN_FAILED',
  'ERR_SERVING_UPSTREAM_FAILED',
  'ERR_SERVING_UPSTREAM_UNREACHABLE',
]);

/**
 * Returns whether the error of an execution is a fault of its runtime.
 *
 * A runtime without capacity isn't faulty: the client retries later, and a fallback would be overloaded next.
 */
export function isRuntimeFault(error: unknown): boolean {
  return !(error instanceof ServingError) || FAULTS.has(error.code);
}

/** Returns whether a failure may be caused by the inputs, rather than by the runtime. */
export function mayBeInputs(error: unknown): error is ServingError {
  if (!(error instanceof ServingError)) return false;
  if (error.code === 'ERR_SERVING_UPSTREAM_FAILED') return true;
  return error.code === 'ERR_SERVING_RUN_FAILED' && !isLost(error.cause);
}

/** Returns whether `error`, or its cause, is an execution or a load that exceeded its time limit and cost its worker. */
export function isHang(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('hung' in each && each.hung === true) return true;
  }
  return false;
}

/** A worker that was lost, which its runtime says of the cause. */
function isLost(cause: unknown): boolean {
  return cause instanceof Error && 'threadLost' in cause && cause.threadLost === true;
}
