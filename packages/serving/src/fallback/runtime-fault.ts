import { ServingError, type ServingErrorCode } from '../serving-error.ts';

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
