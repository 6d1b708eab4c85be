import { ServingError, type ServingErrorCode } from './serving-error.ts';

const FAULTS: ReadonlySet<ServingErrorCode> = new Set<ServingErrorCode>([
  'ERR_SERVING_RUN_FAILED',
  'ERR_SERVING_UPSTREAM_FAILED',
  'ERR_SERVING_UPSTREAM_UNREACHABLE',
]);

/**
 * Whether what an execution threw is a fault of its runtime.
 *
 * A runtime without capacity isn't faulty: whoever asks is to ask later, and another would be flooded next.
 */
export function isRuntimeFault(error: unknown): boolean {
  return !(error instanceof ServingError) || FAULTS.has(error.code);
}

/** Whether a failure may come from what was to be computed, rather than from what computes. */
export function mayBeInputs(error: unknown): error is ServingError {
  if (!(error instanceof ServingError)) return false;
  if (error.code === 'ERR_SERVING_UPSTREAM_FAILED') return true;
  return error.code === 'ERR_SERVING_RUN_FAILED' && !isLost(error.cause);
}

/** Whether `error`, or what caused it, is an execution or a load that exceeded its time limit and cost its worker. */
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
