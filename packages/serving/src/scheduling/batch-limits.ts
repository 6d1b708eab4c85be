import type { Signature } from '@fairlead/signature';

/** Limits of requests that share one execution. */
export interface BatchLimits {
  /** Rows of all requests together; a single request may have more. */
  readonly maxRows: number;
  /** Bytes of all inputs together; a single request may have more. */
  readonly maxBytes: number;
}

/** Returns whether the first dimension of every input and output varies: else requests can't share an execution. */
export function hasBatchDimension({ inputs, outputs }: Signature): boolean {
  return inputs.length > 0 && [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
}
