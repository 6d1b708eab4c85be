import type { CacheLookup } from '../cache/response-cache.ts';
import type {
  FailureReason,
  InferenceFinishedEvent,
  InferenceObserver,
  VersionLabel,
} from '../inference/inference-observer.ts';
import type { Outcome } from '../scheduling/ticket.ts';
import { VersionStatistics } from './version-statistics.ts';

/** The end of one request, as {@link VersionMeter.finished} counts it. */
export interface RequestEnd {
  readonly outcome: InferenceFinishedEvent['outcome'];
  /** Set for failures. */
  readonly reason?: FailureReason | undefined;
  /** Stable code of the error of a failure, where it has one. */
  readonly code?: string | undefined;
  /** Absent for requests that were rejected before they were read. */
  readonly requestId?: string | undefined;
  readonly rows: number;
  /** Clock readings of `performance.now()`. */
  readonly startedAt: number;
  readonly decodedAt: number;
  /** Undefined when there was no outcome of an execution or the cache. */
  readonly ran: Outcome | undefined;
  /** Undefined for versions without a cache. */
  readonly lookup: CacheLookup | undefined;
}

/** Counts the requests of one version in its statistics, and reports them to the observer. */
export class VersionMeter {
  readonly statistics = new VersionStatistics();
  readonly #label: VersionLabel;
  readonly #observer: InferenceObserver | undefined;

  constructor(label: VersionLabel, observer: InferenceObserver | undefined) {
    this.#label = label;
    this.#observer = observer;
  }

  started(): void {
    this.#observer?.inferenceStarted(this.#label);
  }

  /** Counts a request that was rejected before it was read. */
  rejectedUnread(): void {
    const now = performance.now();
    this.started();
    this.finished({
      outcome: 'failure',
      reason: 'REJECTED',
      rows: 1,
      startedAt: now,
      decodedAt: now,
      ran: undefined,
      lookup: undefined,
    });
  }

  /** Counts the end of a request that {@link started}. */
  finished(end: RequestEnd): void {
    const { outcome, reason, code, requestId, rows, startedAt, decodedAt, ran, lookup } = end;
    const total = performance.now() - startedAt;
    const { queueDurationMs: queue = 0, computeDurationMs: infer = 0 } = ran ?? {};
    const { statistics } = this;
    if (lookup !== undefined) statistics.lookedUp(lookup);
    if (outcome === 'failure') statistics.failed(total);
    else if (outcome === 'fallback') statistics.forwarded(total);
    else if (lookup?.result === 'hit') statistics.repeated(total);
    else statistics.succeeded({ total, input: decodedAt - startedAt, queue, infer }, rows);
    this.#observer?.inferenceFinished({
      ...this.#label,
      outcome,
      ...(reason !== undefined && { reason, code, requestId }),
      rows,
      requestDurationMs: total,
      queueDurationMs: queue,
      computeDurationMs: infer,
      ...(lookup !== undefined && { cache: lookup.result }),
    });
  }

  /** Counts an execution of a batch. */
  executed(event: { readonly batchSize: number; readonly computeDurationMs: number }): void {
    this.statistics.executed(event.batchSize, event.computeDurationMs);
    this.#observer?.executed({ ...this.#label, ...event });
  }
}
