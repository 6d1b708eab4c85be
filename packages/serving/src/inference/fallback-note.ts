/** Reason of a fallback: the model failed, its circuit is open, or it has no loaded version. */
export type FallbackReason = 'failed' | 'circuit-open' | 'not-ready';

/** Note of an answer by a fallback. */
export interface FallbackNote {
  readonly reason: FallbackReason;
  /** Requested model. */
  readonly model: string;
  /** The version of it that couldn't answer; absent when none was loaded. */
  readonly version?: string;
}

/** Event of one request that was forwarded to a fallback. */
export interface FallbackUsedEvent extends FallbackNote {
  readonly fallbackModel: string;
  readonly fallbackVersion: string;
}
