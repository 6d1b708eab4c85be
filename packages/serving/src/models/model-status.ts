import type { Signature } from '@fairlead/signature';

/** How a model is doing. */
export interface ModelStatus {
  readonly name: string;
  readonly ready: boolean;
  /** The version that answers; absent while none is loaded. */
  readonly version?: string;
  readonly platform?: string;
  readonly signature?: Signature;
  /** Why it isn't ready, or why the alias' newest version isn't in place. */
  readonly reason?: string;
}
