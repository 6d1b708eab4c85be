import type { Tensor } from '@fairlead/signature';
import type { WindowLabel } from '../window/window.ts';

/** One answered inference; `InferenceRecord` of `@fairlead/serving` is one. */
export interface RecordedInference {
  /** The version that computed the outputs. */
  readonly label: WindowLabel;
  /** Tensors of the request; they are not written into. */
  readonly inputs: readonly Tensor[];
  /** Tensors of the answer; they are not written into. */
  readonly outputs: readonly Tensor[];
}

/** The end of one inference request; `InferenceFinishedEvent` of `@fairlead/serving` is one. */
export interface FinishedInference extends WindowLabel {
  /** `fallback` when the request was forwarded to another version, which has an event too. */
  readonly outcome: 'success' | 'failure' | 'fallback';
  /** Reason of a failure, such as `REJECTED`. */
  readonly reason?: string;
  readonly rows: number;
  readonly requestDurationMs: number;
  /** `hit` when a cache answered. */
  readonly cache?: 'hit' | 'miss';
}
