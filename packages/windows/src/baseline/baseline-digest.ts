import { createHash } from 'node:crypto';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import type { Baseline } from './baseline.ts';

const digests = new WeakMap<Baseline, string>();

/**
 * Returns the SHA-256 digest of the bins of a baseline, as hexadecimal digits: windows with equal digests have the same bins.
 *
 * @example
 * ```ts
 * import { baselineDigest } from '@fairlead/windows';
 *
 * console.log(baselineDigest({ rows: 0, sampledRows: 0, features: [], outputs: [] }).length); // 64
 * ```
 */
export function baselineDigest(baseline: Baseline): string {
  const digest = digests.get(baseline) ?? digestOf(baseline);
  digests.set(baseline, digest);
  return digest;
}

function digestOf({ features, outputs }: Baseline): string {
  const binsOf = ({ name, tensor, index, bins }: FeatureBaseline) => [
    name,
    tensor,
    index,
    bins.kind,
    bins.kind === 'edges' ? bins.edges : bins.kind === 'values' ? bins.values : bins.categories,
  ];
  const bins = [features.map(binsOf), outputs.map(binsOf)];
  return createHash('sha256').update(JSON.stringify(bins)).digest('hex');
}
