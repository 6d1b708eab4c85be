import type { Tensor } from '@fairlead/signature';
import type { FallbackNote } from './fallback/fallback.ts';

/** A request for inference, decoded but not yet checked against a signature. */
export interface InferRequest {
  /** Echoed in the response. */
  readonly id?: string | undefined;
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted, in that order; all when absent. */
  readonly outputs?: readonly string[] | undefined;
  /** When the answer is of no use any more, in milliseconds from now; the server's own limit is the most. */
  readonly timeoutMs?: number | undefined;
  /** 1 is the highest; 0, the default, the lowest. */
  readonly priority?: number | undefined;
}

/** What a request for inference gave. */
export interface InferResult {
  /** The model that answered: the one that was asked, or its fallback. */
  readonly model: string;
  /** The version that answered. */
  readonly version: string;
  readonly id?: string | undefined;
  readonly outputs: readonly Tensor[];
  /** Set when a fallback answered. */
  readonly fallback?: FallbackNote;
}
