/** Which version of which model an event is about. */
export interface InferenceEvent {
  readonly model: string;
  readonly version: string;
}

/**
 * Why an inference failed, in Triton's words: `REJECTED` (queue full, not ready), `CANCELED` (client gone,
 * deadline passed), `BACKEND` (the runtime failed), `OTHER` (bad input).
 *
 * Source: Triton Inference Server, `docs/user_guide/metrics.md`, `nv_inference_request_failure`.
 */
export type FailureReason = 'REJECTED' | 'CANCELED' | 'BACKEND' | 'OTHER';

/** The end of one inference request. */
export interface InferenceFinishedEvent extends InferenceEvent {
  /** `fallback` when it was passed on: how it ended there is told of the version that it was passed on to. */
  readonly outcome: 'success' | 'failure' | 'fallback';
  /** Absent on success; a failure without a reason counts as `OTHER`. */
  readonly reason?: FailureReason;
  /** Rows of the request: its first dimension, 1 where there is none. */
  readonly rows: number;
  readonly requestDurationMs: number;
  readonly queueDurationMs: number;
  readonly computeDurationMs: number;
  /** `hit` when it was answered without an execution of its own; absent when it did not look into a cache. */
  readonly cache?: 'hit' | 'miss';
}

/** One execution by a runtime; with batching, one execution serves several requests. */
export interface ExecutedEvent extends InferenceEvent {
  /** Rows that ran together. */
  readonly batchSize: number;
  readonly computeDurationMs: number;
}

/** One request that was passed on to a fallback, because the model itself could not answer. */
export interface FellBackEvent {
  /** The model that was asked. */
  readonly model: string;
  readonly reason: 'failed' | 'circuit-open' | 'not-ready';
  /** The model that answers in its place; the same when that is a previous version. */
  readonly fallbackModel: string;
}

/**
 * What a model server reports about its work: the shape that `@fairlead/serving` asks for, so anything here that
 * implements it can be handed over as it is.
 *
 * Implementations never throw and do no I/O: they are called on the way of a request.
 */
export interface InferenceObserver {
  /** A request for a known version was taken in; exactly one `inferenceFinished` follows. */
  inferenceStarted(event: InferenceEvent): void;
  /** That request has ended, well or not. */
  inferenceFinished(event: InferenceFinishedEvent): void;
  /** A runtime has computed once, for one request or a batch of them. */
  executed(event: ExecutedEvent): void;
  /** A request was passed on to a fallback. */
  fellBack?(event: FellBackEvent): void;
}
