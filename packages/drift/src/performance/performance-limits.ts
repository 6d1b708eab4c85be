import { checkNumber, invalidOption } from '../check-options.ts';

/** Limits of a metric; a value outside of them is an alert. */
export interface PerformanceLimits {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Returns limits of a metric by its values in earlier spans of time: their mean, and three standard deviations below and above, as NannyML has them.
 *
 * @param values - one for each span, measured with labels; NaN is left out
 * @param range - smallest and largest possible value of the metric
 * @throws DriftError `ERR_DRIFT_INVALID_OPTION` without values
 *
 * @example
 * ```ts
 * import { performanceLimits } from '@fairlead/drift';
 *
 * const { lower, upper } = performanceLimits([0.93, 0.95], [0, 1]);
 * console.log(lower.toFixed(2), upper.toFixed(2)); // 0.91 0.97
 * ```
 */
export function performanceLimits(
  values: readonly number[],
  [min, max]: readonly [number, number],
): PerformanceLimits {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) throw invalidOption('performanceLimits: no value is a number.');
  for (const value of known) checkNumber('performanceLimits: a value', value, min, max);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  const reach = 3 * Math.sqrt(variance);
  return { lower: Math.max(min, mean - reach), upper: Math.min(max, mean + reach) };
}
