import type { BinCounts } from '@fairlead/windows';

/** Sums of the weights of the rows that were counted. */
export interface WindowRows {
  /** Rows that the counted ones stand for: the sum of their weights. */
  readonly weight: number;
  /** Sum of the squares of the weights. */
  readonly squaredWeight: number;
}

/** Counts of a span of time, as {@link judgeDrift} reads them; a `Window` of `@fairlead/windows` is one. */
export interface DriftWindow {
  /** Begin of the span, in milliseconds since the epoch. */
  readonly from: number;
  /** End of the span, in milliseconds since the epoch. */
  readonly to: number;
  readonly features: readonly { readonly name: string; readonly counts: BinCounts }[];
  readonly outputs?: readonly { readonly name: string; readonly counts: BinCounts }[];
  /** Weights of the rows, if some were left out. Without it every row counts once. */
  readonly sample?: WindowRows;
}
