import type { Tensor } from '@fairlead/signature';
import type { CacheStore } from '../cache/cache-store.ts';
import type { BreakingRuntimeOptions } from '../circuit-breaker/breaking-runtime.ts';
import type { InferenceObserver } from '../inference/inference-observer.ts';
import type { InferenceTracer } from '../inference/inference-tracer.ts';
import type { BatchLimits } from '../scheduling/batch-limits.ts';
import type { BatchingDecision } from '../warm-up/decide-batching.ts';

/** Options of a `LoadedVersion`. */
export interface LoadedVersionOptions {
  /** Limits of a shared execution, where `batching` is on. */
  readonly limits: BatchLimits;
  readonly batching: BatchingDecision;
  /** Reason why it was not run before, if it wasn't. */
  readonly validationSkipped?: string | undefined;
  /** Inputs that it has answered before it is served, if any were found. */
  readonly answeredInputs?: readonly Tensor[] | undefined;
  /** True if it only computes copies of requests. */
  readonly isBackground: boolean;
  readonly maxQueued: number;
  /** Rows that one request may have at most. */
  readonly maxRowsPerRequest: number;
  /** Cache of its responses; without one, every request is executed. */
  readonly cache?: CacheStore | undefined;
  /** Circuit breaker; without one, requests are sent to a runtime that fails, too. */
  readonly breaker?: Omit<BreakingRuntimeOptions, 'title'> | undefined;
  readonly observer?: InferenceObserver | undefined;
  readonly tracer?: InferenceTracer | undefined;
}
