import type { Signature } from '@fairlead/signature';

/** State of a model, or of one of its versions. */
export interface ModelStatus {
  readonly name: string;
  readonly ready: boolean;
  /** Every live version, the one that answers by default first. */
  readonly versions: readonly string[];
  /** The version whose state it is: the one that answers by default, or the one that was named; absent while it isn't live. */
  readonly version?: string;
  readonly platform?: string;
  readonly signature?: Signature;
  /** Reason why it isn't ready, or why the newest version of the alias isn't served. */
  readonly reason?: string;
}
