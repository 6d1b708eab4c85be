/** Event of one version of a model. */
export interface InferenceEvent {
  readonly model: string;
  readonly version: string;
}

/**
 * Reason of a failed inference, as in Triton: `REJECTED` (queue full, not ready), `CANCELED` (client disconnected,
 * deadline passed), `BACKEND` (the runtime failed), `OTHER` (invalid input).
 *
 * Source: Triton Inference Server, `docs/user_guide/metrics.md`, `nv_inference_request_failure`.
 */
export type FailureReason = 'REJECTED' | 'CANCELED' | 'BACKEND' | 'OTHER';

/** The end of one inference request. */
export interface InferenceFinishedEvent extends InferenceEvent {
  /** `fallback` when the request was forwarded: the event of the fallback version has its outcome. */
  readonly outcome: 'success' | 'failure' | 'fallback';
  /** Absent on success; a failure without a reason counts as `OTHER`. */
  readonly reason?: FailureReason;
  /** Stable code of the error of a failure, where it has one. */
  readonly code?: string | undefined;
  /** Id of the failed request, where it has one. */
  readonly requestId?: string | undefined;
  /** Rows of the request: its first dimension, 1 where there is none. */
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

/** One request that was forwarded to a fallback, because the model could not answer. */
export interface FallbackUsedEvent {
  /** Requested model. */
  readonly model: string;
  readonly reason: 'failed' | 'circuit-open' | 'not-ready';
  /** Model of the fallback; the same one when it is a previous version. */
  readonly fallbackModel: string;
}

/**
 * Receives the events of a model server; structurally the same as the interface of `@fairlead/serving`.
 *
 * Implementations never throw and do no I/O: they are called while a request is handled.
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
