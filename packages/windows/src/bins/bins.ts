/** Bins of numbers between edges. */
export interface EdgeBins {
  readonly kind: 'edges';
  /**
   * Edges in ascending order, two at least: bin `i` holds `edges[i] <= x < edges[i + 1]`, the last bin also its upper edge.
   *
   * A value that many rows have has a separate bin: from the value to the next larger 64-bit number.
   */
  readonly edges: readonly number[];
}

/** One bin for each number, for features with few distinct ones. */
export interface ValueBins {
  readonly kind: 'values';
  /** Distinct numbers in ascending order. */
  readonly values: readonly number[];
}

/** One bin for each text; `false` and `true` for booleans. */
export interface CategoryBins {
  readonly kind: 'categories';
  /** Distinct texts, the most frequent first. */
  readonly categories: readonly string[];
}

/** Bins in which the values of a feature or an output are counted. */
export type Bins = EdgeBins | ValueBins | CategoryBins;

/** Bins of a feature that has more distinct numbers than this are quantiles. */
export const MAX_VALUE_BINS = 64;

/**
 * Returns the number of bins, without those for other and missing values.
 *
 * @example
 * ```ts
 * import { binCount } from '@fairlead/windows';
 *
 * console.log(binCount({ kind: 'edges', edges: [0, 1, 2] })); // 2
 * console.log(binCount({ kind: 'values', values: [0, 1, 2] })); // 3
 * ```
 */
export function binCount(bins: Bins): number {
  if (bins.kind === 'edges') return bins.edges.length - 1;
  return bins.kind === 'values' ? bins.values.length : bins.categories.length;
}
