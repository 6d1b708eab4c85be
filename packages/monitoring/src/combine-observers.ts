import type { InferenceObserver } from './inference-observer.ts';

/** Makes one observer that passes every event to each of `observers`, in order. */
export function combineObservers(...observers: readonly InferenceObserver[]): InferenceObserver {
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
    fellBack(event) {
      for (const observer of observers) observer.fellBack?.(event);
    },
  };
}
