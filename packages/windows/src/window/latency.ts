/** Histogram of durations, with the bounds of {@link latencyBoundsMs}. */
export interface LatencyHistogram {
  /** Requests by duration: `counts[i]` took longer than `bounds[i - 1]` and at most `bounds[i]`, the last one longer than all bounds. */
  readonly counts: readonly number[];
  /** Sum of the durations in whole microseconds. */
  readonly sumUs: number;
}

/** Steps of a doubling: neighboring bounds are 19 % apart. */
const STEPS = 4;
const FIRST_MS = 0.0625;
const BOUNDS = 88;

/**
 * Upper bounds of the latency histogram in milliseconds: from 0.0625 ms to 3.7 minutes, four for each doubling.
 *
 * @example
 * ```ts
 * import { latencyBoundsMs } from '@fairlead/windows';
 *
 * console.log(latencyBoundsMs[0], latencyBoundsMs[4], latencyBoundsMs.length); // 0.0625 0.125 88
 * ```
 */
export const latencyBoundsMs: readonly number[] = Object.freeze(
  Array.from({ length: BOUNDS }, (_, index) => FIRST_MS * 2 ** (index / STEPS)),
);

/** Number of counts of a histogram: one for each bound, and one above them. */
export const LATENCY_BUCKETS: number = BOUNDS + 1;

/** Index of the bucket of a duration. */
export function latencyBucket(durationMs: number): number {
  if (!(durationMs > FIRST_MS)) return 0;
  let bucket = Math.ceil(Math.log2(durationMs / FIRST_MS) * STEPS);
  // The logarithm is rounded; bounds are exact.
  if (bucket > 0 && durationMs <= (latencyBoundsMs[bucket - 1] ?? Infinity)) bucket -= 1;
  else if (durationMs > (latencyBoundsMs[bucket] ?? Infinity)) bucket += 1;
  return Math.min(bucket, BOUNDS);
}

/**
 * Returns a quantile of a latency histogram in milliseconds, interpolated within its bucket; undefined without requests. A duration
 * above the last bound counts as that bound.
 *
 * @param share - of the requests that are faster, from 0 to 1
 *
 * @example
 * ```ts
 * import { latencyBoundsMs, latencyQuantile } from '@fairlead/windows';
 *
 * const counts = latencyBoundsMs.map((bound) => (bound === 4 ? 10 : 0));
 * console.log(latencyQuantile({ counts: [...counts, 0], sumUs: 38_000 }, 1)); // 4
 * ```
 */
export function latencyQuantile({ counts }: LatencyHistogram, share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const target = Math.min(Math.max(share, 0), 1) * total;
  let below = 0;
  let upper = FIRST_MS;
  for (const [bucket, count] of counts.entries()) {
    if (count === 0) continue;
    const lower = bucket === 0 ? 0 : (latencyBoundsMs[bucket - 1] ?? 0);
    upper = latencyBoundsMs[bucket] ?? lower;
    if (below + count >= target) return lower + ((upper - lower) * (target - below)) / count;
    below += count;
  }
  return upper;
}
