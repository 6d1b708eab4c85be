import type { Signature } from '@fairlead/signature';

/** Limits of requests that share one execution. */
export interface BatchLimits {
  /** Rows of all requests together; a single request may have more. */
  readonly maxRows: number;
  /** Bytes of all inputs together; a single request may have more. */
  readonly maxBytes: number;
  /**
   * Bytes of one row; a request with larger rows is executed alone.
   * @defaultValue rows of any size share executions
   */
  readonly maxRowBytes?: number | undefined;
}

/** Four rows of this size exceed the fastest cache of a core, of 1 or 2 MiB, in which a single one stays. */
const MIN_LARGE_ROW_BYTES = 256 * 1024;

/**
 * Returns the bytes from which a row is executed alone: executions of several rows read the weights once, and copying larger rows than all
 * weights together costs more than that spares.
 *
 * @param fileBytes - size of the files of the model; undefined where they aren't known
 */
export function largestSharedRow(fileBytes: number | undefined): number | undefined {
  return fileBytes === undefined ? undefined : Math.max(fileBytes, MIN_LARGE_ROW_BYTES);
}

/** Returns whether the first dimension of every input and output varies: else requests can't share an execution. */
export function hasBatchDimension({ inputs, outputs }: Signature): boolean {
  return inputs.length > 0 && [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
}
