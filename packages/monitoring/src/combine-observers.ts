import { checkMethod } from './check-options.ts';
import type { InferenceObserver } from './inference-observer.ts';

/**
 * Returns one observer that forwards every event to each of `observers`, in order.
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
    checkMethod(`observers[${index}]`, observer, 'inferenceStarted');
  }
  return {
    inferenceStarted(event) {
      for (const observer of observers) observer.inferenceStarted(event);
    },
    inferenceFinished(event) {
      for (const observer of observers) observer.inferenceFinished(event);
    },
    executed(event) {
      for (const observer of observers) observer.executed(event);
    },
    fallbackUsed(event) {
      for (const observer of observers) observer.fallbackUsed?.(event);
    },
  };
}
