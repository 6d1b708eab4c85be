import type { BinCounts } from '../bins/bin-counts.ts';
import type { ExactSum } from '../bins/exact-sum.ts';
import type { LatencyHistogram } from './latency.ts';

/** Name of the format of a stored window. */
export const WINDOW_FORMAT = 'fairlead-window';
/** Version of that format. */
export const WINDOW_VERSION = 1;

/** Version of a model, and where traffic is split, its variant. */
export interface WindowLabel {
  readonly model: string;
  /** A decimal number, as in the protocol. */
  readonly version: string;
  /** Variant of a rollout or experiment. */
  readonly variant?: string | undefined;
}

/** Counts of one feature or output. */
export interface FeatureCounts {
  /** Name of the feature or output in the baseline. */
  readonly name: string;
  readonly counts: BinCounts;
}

/** Rows whose values were counted: all, or a random sample when there are many. */
export interface WindowSample {
  /** Rows that were counted. */
  readonly rows: number;
  /** Rows that they stand for: the sum of their weights. */
  readonly weight: number;
  /** Sum of the squares of the weights. */
  readonly squaredWeight: number;
}

/** Sums of a metric of outcomes, such as conversions or revenue. */
export interface OutcomeSums {
  readonly count: number;
  readonly sum: ExactSum;
  readonly sumOfSquares: ExactSum;
}

/** Losses of a recorder: what no window has. */
export interface WindowLosses {
  /** Requests that were not counted. */
  readonly requests: number;
  /** Windows that could not be stored. */
  readonly windows: number;
}

/**
 * Requests and answers of one version of a model in a span of time, on one host or many, as counts.
 *
 * It holds integers and exact sums only, so that merging doesn't depend on the order.
 */
export interface Window extends WindowLabel {
  /** Digest of the baseline whose bins the counts have; undefined for a version without one. */
  readonly baseline?: string | undefined;
  /** Begin of the span, in milliseconds since the epoch. */
  readonly from: number;
  /** End of the span, which belongs to the next one, in milliseconds since the epoch. */
  readonly to: number;
  /** Number of windows that were merged into this one; 1 for the window of one recorder. */
  readonly windows: number;
  /** Inference requests that ended, successful or not. */
  readonly requests: number;
  /** Rows of these requests. */
  readonly rows: number;
  /** Failed requests by reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** Requests that were forwarded to a fallback. */
  readonly fallbacks: number;
  /** Requests that a cache answered. */
  readonly cacheHits: number;
  /** Durations of all requests. */
  readonly latency: LatencyHistogram;
  /** Rows that {@link features} and {@link outputs} count. */
  readonly sample: WindowSample;
  readonly features: readonly FeatureCounts[];
  readonly outputs: readonly FeatureCounts[];
  /** Sums of outcome metrics by name. */
  readonly outcomes: Readonly<Record<string, OutcomeSums>>;
  readonly lost: WindowLosses;
}

/**
 * Returns how many rows of equal weight give as precise shares as the rows of a window (Kish's effective sample size): the
 * number of rows when none was left out.
 *
 * Source: L. Kish, *Survey Sampling*, 1965, 11.7.
 *
 * @example
 * ```ts
 * import { effectiveRows } from '@fairlead/windows';
 *
 * // 100 rows with weight 1, and 100 rows that stand for 8 each.
 * console.log(effectiveRows({ rows: 200, weight: 900, squaredWeight: 6500 }).toFixed(1)); // 124.6
 * ```
 */
export function effectiveRows({ weight, squaredWeight }: WindowSample): number {
  return squaredWeight === 0 ? 0 : (weight * weight) / squaredWeight;
}
