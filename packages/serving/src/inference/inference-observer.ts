import type { FallbackUsedEvent } from './fallback-note.ts';

/** Model and version, as events, metrics and records name them. */
export interface VersionLabel {
  readonly model: string;
  /** A decimal number, as in the protocol. */
  readonly version: string;
}

/** Event of one version of a model. */
export type InferenceEvent = VersionLabel;

/**
 * Reason of a failed inference, as in Triton.
 *
 * Source: Triton Inference Server, `docs/user_guide/metrics.md`, `nv_inference_request_failure`.
 */
export type FailureReason =
  /** Rejected: queue full, or not ready. */
  | 'REJECTED'
  /** The client disconnected, or the deadline passed. */
  | 'CANCELED'
  /** The runtime failed. */
  | 'BACKEND'
  /** The request was invalid. */
  | 'OTHER';

/** The end of one inference request. */
export interface InferenceFinishedEvent extends InferenceEvent {
  /** `fallback` when the request was forwarded: the event of the fallback version has its outcome. */
  readonly outcome: 'success' | 'failure' | 'fallback';
  readonly reason?: FailureReason;
  /** Stable code of the error of a failure, where it has one. */
  readonly code?: string | undefined;
  /** Id of the failed request, where it has one. */
  readonly requestId?: string | undefined;
  /** Length of the first dimension of the first input; 1 for a scalar. */
  readonly rows: number;
  readonly requestDurationMs: number;
  readonly queueDurationMs: number;
  readonly computeDurationMs: number;
  /** `hit` when it was answered without a separate execution; absent when no cache was used. */
  readonly cache?: 'hit' | 'miss';
}

/** One execution by a runtime; with batching, it serves several requests. */
export interface ExecutedEvent extends InferenceEvent {
  /** Rows that ran together. */
  readonly batchSize: number;
  readonly computeDurationMs: number;
}

/**
 * Receives the events of a model server; `InferenceMetrics` of `@fairlead/monitoring` is one.
 *
 * Implementations do no I/O: they are called while a request is handled. An error that they throw costs no request anything; an
 * event `observer-failed` of the server reports it.
 */
export interface InferenceObserver {
  /** Called when a request for a known version is accepted; exactly one `inferenceFinished` follows. */
  inferenceStarted(event: InferenceEvent): void;
  /** Called when that request has succeeded or failed. */
  inferenceFinished(event: InferenceFinishedEvent): void;
  /** Called after each execution of a runtime, for one request or a batch of them. */
  executed(event: ExecutedEvent): void;
  /** Called when a request is forwarded to a fallback. */
  fallbackUsed?(event: FallbackUsedEvent): void;
}
