import { safeListener } from '../errors/safe-listener.ts';
import type { FallbackUsedEvent } from '../inference/fallback-note.ts';
import type { InferenceObserver } from '../inference/inference-observer.ts';
import type { ServingEvent } from '../models/serving-event.ts';

const EVENT_INTERVAL_MS = 10_000;

/**
 * Returns an observer that forwards to `observer` and never throws: an error costs no request anything, and an event reports
 * it, at most one in ten seconds.
 */
export function safeObserver(
  observer: InferenceObserver,
  onEvent: (event: ServingEvent) => void = () => undefined,
): InferenceObserver {
  let reportedAt = -Infinity;
  let failed = 0;
  function onFailure(error: unknown, { model }: { readonly model: string }): void {
    failed += 1;
    const now = performance.now();
    if (now - reportedAt < EVENT_INTERVAL_MS) return;
    reportedAt = now;
    const reason = error instanceof Error ? error.message : String(error);
    onEvent({ type: 'observer-failed', model, reason, failed });
    failed = 0;
  }
  return {
    inferenceStarted: safeListener(observer.inferenceStarted.bind(observer), onFailure),
    inferenceFinished: safeListener(observer.inferenceFinished.bind(observer), onFailure),
    executed: safeListener(observer.executed.bind(observer), onFailure),
    fallbackUsed: safeListener(
      (event: FallbackUsedEvent): unknown => observer.fallbackUsed?.(event),
      onFailure,
    ),
  };
}
