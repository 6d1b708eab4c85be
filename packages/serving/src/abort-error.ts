import { ServingError } from './serving-error.ts';

/** The error for a request whose `signal` has aborted: its deadline has passed, or its client is gone. */
export function abortError(signal: AbortSignal): ServingError {
  const reason: unknown = signal.reason;
  return reason instanceof DOMException && reason.name === 'TimeoutError'
    ? new ServingError(
        'ERR_SERVING_DEADLINE_EXCEEDED',
        'the deadline passed before the model answered',
        {
          cause: reason,
        },
      )
    : new ServingError('ERR_SERVING_CANCELED', 'the client is gone', { cause: reason });
}
