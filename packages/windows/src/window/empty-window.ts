import { emptyCounts } from '../bins/bin-counts.ts';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import { baselineDigest } from '../baseline/baseline-digest.ts';
import type { Baseline } from '../baseline/baseline.ts';
import { LATENCY_BUCKETS } from './latency.ts';
import type { FeatureCounts, Window, WindowLabel } from './window.ts';

/**
 * Returns the window of a version in whose span nothing happened.
 *
 * @param from - begin of the span, in milliseconds since the epoch
 * @param to - its end
 * @param baseline - of the version, if it has one
 *
 * @example
 * ```ts
 * import { emptyWindow } from '@fairlead/windows';
 *
 * const { requests, features } = emptyWindow({ model: 'churn', version: '3' }, 0, 300_000);
 * console.log(requests, features); // 0 []
 * ```
 */
export function emptyWindow(
  { model, version, variant }: WindowLabel,
  from: number,
  to: number,
  baseline?: Baseline,
): Window {
  return {
    model,
    version,
    ...(variant !== undefined && { variant }),
    ...(baseline !== undefined && { baseline: baselineDigest(baseline) }),
    from,
    to,
    windows: 1,
    requests: 0,
    rows: 0,
    failures: {},
    fallbacks: 0,
    cacheHits: 0,
    latency: { counts: new Array<number>(LATENCY_BUCKETS).fill(0), sumUs: 0 },
    sample: { rows: 0, weight: 0, squaredWeight: 0 },
    features: (baseline?.features ?? []).map(nothing),
    outputs: (baseline?.outputs ?? []).map(nothing),
    outcomes: {},
    lost: { requests: 0, windows: 0 },
  };
}

function nothing({ name, bins }: FeatureBaseline): FeatureCounts {
  return { name, counts: emptyCounts(bins) };
}
