import type { BinCounts } from '@fairlead/windows';

/** Counts of a feature in a span of time. */
export interface Sample {
  readonly counts: BinCounts;
  /** Effective number of rows for each counted one: 1, less where rows have different weights since they were sampled. */
  readonly precision: number;
}

/** Multiplies counts by the precision of a sample. */
export function scaleCounts(counts: readonly number[], precision: number): readonly number[] {
  return precision === 1 ? counts : counts.map((count) => count * precision);
}
