import type { InferenceFinishedEvent, InferenceObserver } from '@fairlead/serving';

/** Returns an observer that passes every event on, and calls `onFailure` for each failed request before. */
export function failureObserver(
  observer: InferenceObserver,
  onFailure: (event: InferenceFinishedEvent) => void,
): InferenceObserver {
  return {
    inferenceStarted: observer.inferenceStarted.bind(observer),
    executed: observer.executed.bind(observer),
    ...(observer.fallbackUsed && { fallbackUsed: observer.fallbackUsed.bind(observer) }),
    inferenceFinished(event) {
      if (event.outcome === 'failure') onFailure(event);
      observer.inferenceFinished(event);
    },
  };
}

/**
 * Returns whether a failed request needs attention: not one that the client has made invalid or canceled.
 *
 * A code of serving or of the signature with the reason `OTHER` describes an invalid request; any other error is a fault.
 */
export function isFault({
  reason,
  code,
}: Pick<InferenceFinishedEvent, 'reason' | 'code'>): boolean {
  if (reason === 'BACKEND' || reason === 'REJECTED') return true;
  if (reason === 'CANCELED') return code === 'ERR_SERVING_DEADLINE_EXCEEDED';
  return code === undefined || !/^ERR_(?:SERVING|SIGNATURE)_/.test(code);
}
