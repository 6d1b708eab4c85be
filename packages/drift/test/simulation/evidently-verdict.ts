import { jensenShannon, wasserstein } from '@fairlead/drift';
import { standardDeviation } from '../../src/compatibility/numpy.ts';
import type { Stream } from './streams.ts';

/**
 * Verdict by Evidently's defaults for more than 1,000 rows of reference data: the normed Wasserstein distance, or for up to five distinct values the
 * Jensen–Shannon distance, from 0.1 on. Prepares the reference once.
 */
export function evidentlyVerdict({
  reference,
  baseline,
}: Stream): (values: Float64Array) => boolean {
  const isNumber = baseline.bins.kind !== 'categories' && new Set(reference).size > 5;
  if (isNumber) {
    const scale = Math.max(standardDeviation(reference), 0.001);
    return (values) => wasserstein(reference, values) / scale >= 0.1;
  }
  const keys = [...new Set(reference)];
  const countsOf = (values: Float64Array): number[] =>
    keys.map((key) => values.reduce((count, value) => count + (value === key ? 1 : 0), 0));
  const expected = countsOf(reference);
  return (values) =>
    jensenShannon({ reference: expected, current: countsOf(values) }) * Math.sqrt(Math.LN2) >= 0.1;
}
