import { checkMethod } from './check-options.ts';
import type { InferenceObserver } from './inference-observer.ts';

/**
 * Returns one observer that forwards every event to each of `observers`, in order; an error of one is thrown when the others have
 * got the event.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION` for a value that isn't an observer.
 *
 * @example
 * ```ts
 * import { combineObservers, InferenceMetrics } from '@fairlead/monitoring';
 *
 * const metrics = new InferenceMetrics();
 * const observer = combineObservers(metrics); // add, for example, cloudWatchObserver(…)
 * observer.inferenceStarted({ model: 'digits', version: '1' });
 * ```
 */
export function combineObservers(...observers: readonly InferenceObserver[]): InferenceObserver {
  for (const [index, observer] of observers.entries()) {
    for (const method of ['inferenceStarted', 'inferenceFinished', 'executed'] as const) {
      checkMethod(`observers[${index}]`, observer, method);
    }
  }
  function forward(call: (observer: InferenceObserver) => void): void {
    const errors: unknown[] = [];
    for (const observer of observers) {
      try {
        call(observer);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
  return {
    inferenceStarted(event) {
      forward((observer) => {
        observer.inferenceStarted(event);
      });
    },
    inferenceFinished(event) {
      forward((observer) => {
        observer.inferenceFinished(event);
      });
    },
    executed(event) {
      forward((observer) => {
        observer.executed(event);
      });
    },
    fallbackUsed(event) {
      forward((observer) => {
        observer.fallbackUsed?.(event);
      });
    },
  };
}
