/** Why a fallback was asked: the model failed, its circuit is open, or it has no loaded version. */
export type FallbackReason = 'failed' | 'circuit-open' | 'not-ready';

/** Tells that a fallback answered. */
export interface FallbackNote {
  readonly reason: FallbackReason;
  /** The model that was asked. */
  readonly model: string;
  /** The version of it that couldn't answer; absent when none was loaded. */
  readonly version?: string;
}

/** One request that was passed on to a fallback. */
export interface FellBack extends FallbackNote {
  readonly fallbackModel: string;
  readonly fallbackVersion: string;
}
