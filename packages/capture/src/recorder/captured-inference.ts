import type { Tensor } from '@fairlead/signature';

/** A version of a model, and its part in a rollout. */
export interface CaptureLabel {
  readonly model: string;
  readonly version: string;
  readonly variant?: string | undefined;
}

/** One answered inference; `InferenceRecord` of `@fairlead/serving` is one. */
export interface CapturedInference {
  /** The version that computed the outputs. */
  readonly label: CaptureLabel;
  readonly requestId?: string | undefined;
  /** The key that the version was chosen by. */
  readonly routingKey?: string | undefined;
  /** Milliseconds since the epoch at which the request was taken in. */
  readonly at: number;
  /** Milliseconds from then to the outputs. */
  readonly durationMs: number;
  /** Tensors of the request; they are not written into. */
  readonly inputs: readonly Tensor[];
  /** Tensors of the answer; they are not written into. */
  readonly outputs: readonly Tensor[];
  /** Set when a fallback answered: the requested model, and its version where one was loaded. */
  readonly fallback?: { readonly model: string; readonly version?: string | undefined } | undefined;
  /** Set when a copy of a request was computed beside its answer: the version that answered. */
  readonly shadowOf?: CaptureLabel | undefined;
}
