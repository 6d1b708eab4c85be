import type { FellBack } from './fallback-note.ts';

/** Names a version in events and metrics. */
export interface VersionLabel {
  readonly model: string;
  /** As in the protocol: a decimal number. */
  readonly version: string;
}

/** Why a request failed, in Triton's words. */
export type FailureReason =
  /** Refused: queue full, or not ready. */
  | 'REJECTED'
  /** Nobody waits any more: the client is gone or the deadline has passed. */
  | 'CANCELED'
  /** The runtime failed. */
  | 'BACKEND'
  /** The request was wrong. */
  | 'OTHER';

/** How one request ended. */
export interface InferenceFinished extends VersionLabel {
  /** `fallback` when it was passed on: how it ended there is told of the version that it was passed on to. */
  readonly outcome: 'success' | 'failure' | 'fallback';
  readonly reason?: FailureReason;
  /** Length of the first dimension of the first input; 1 for a scalar. */
  readonly rows: number;
  readonly requestDurationMs: number;
  readonly queueDurationMs: number;
  readonly computeDurationMs: number;
  /** `hit` when it was answered without a separate execution; absent when it didn't look into a cache. */
  readonly cache?: 'hit' | 'miss';
}

/** One execution by a runtime. */
export interface Executed extends VersionLabel {
  readonly batchSize: number;
  readonly computeDurationMs: number;
}

/** Who watches inference; `InferenceMetrics` of `@fairlead/monitoring` does. Every started request finishes once. */
export interface InferenceObserver {
  /** A request for a known version was taken in. */
  inferenceStarted(event: VersionLabel): void;
  /** That request has ended, well or not. */
  inferenceFinished(event: InferenceFinished): void;
  /** A runtime has computed once. */
  executed(event: Executed): void;
  /** A request was passed on to a fallback. */
  fellBack?(event: FellBack): void;
}
