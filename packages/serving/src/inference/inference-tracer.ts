import type { VersionLabel, FailureReason, InferenceFinishedEvent } from './inference-observer.ts';
import type { TraceCarrier } from './trace-context.ts';

/** An execution that answered a request, maybe with others of its batch. Clock readings are of `performance.now()`. */
export interface TracedExecution {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Rows of all its requests. */
  readonly batchSize: number;
  /** Its requests that have a carrier, in the order of the batch. */
  readonly members: readonly TraceCarrier[];
}

/** A request that ended, with the times of its steps. Clock readings are of `performance.now()`. */
export interface TracedInference extends VersionLabel {
  /** The request. */
  readonly trace: TraceCarrier;
  readonly outcome: InferenceFinishedEvent['outcome'];
  /** Set for failures. */
  readonly reason: FailureReason | undefined;
  readonly rows: number;
  readonly startedAt: number;
  /** End of decoding and checking; equal to `startedAt` if it failed there. */
  readonly decodedAt: number;
  readonly endedAt: number;
  /** Absent when the request was answered from the cache, or wasn't executed successfully. */
  readonly execution: TracedExecution | undefined;
  /** Result of the lookup; absent without a cache. */
  readonly cache: 'hit' | 'miss' | undefined;
}

/** Encoding of an answer. Clock readings are of `performance.now()`. */
export interface TracedEncoding {
  /** The request. */
  readonly trace: TraceCarrier;
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Receives the times of requests that came with a {@link TraceCarrier}, after they ended; `inferenceTracer` of
 * `@fairlead/monitoring/tracing` makes spans of them.
 *
 * Implementations do no I/O: they are called while a request is handled. An error costs no request anything.
 */
export interface InferenceTracer {
  /** Called once a version has answered or refused a request; twice for a request that was forwarded to a fallback. */
  inferred(inference: TracedInference): void;
  /** Called once the answer of an HTTP request is encoded. */
  encoded(encoding: TracedEncoding): void;
}
