import type { CapturedTensor } from '../columns/captured-tensor.ts';

/** One captured request in a spool file. */
export interface CapturedRequest {
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly durationMs: number;
  readonly rows: number;
  /** Number of requests that this one stands for: the inverse of the sampled share. */
  readonly weight: number;
  readonly variant?: string | undefined;
  readonly routingKey?: string | undefined;
  /** Version that answered, `churn/3`, if this is a shadow. */
  readonly shadowOf?: string | undefined;
  /** Version that was requested, if this is a fallback. */
  readonly fallbackFrom?: string | undefined;
  /** One for each tensor with captured columns, in the order of the columns; null if the request has none that fits. */
  readonly tensors: readonly (CapturedTensor | null)[];
}
