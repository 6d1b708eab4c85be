import { checkInteger, checkNumber, checkOptions } from '../check-options.ts';
import { sequenceHalfWidth, sequencePosition } from './asymptotic-sequence.ts';
import { checkOutcomeSums, sampleVariance, type OutcomeSums } from './outcome-sums.ts';

/** Options of {@link meanInterval}. */
export interface MeanIntervalOptions {
  /** Probability that the interval is ever wrong, above 0 and below 1. */
  readonly alpha: number;
  /** Users that are expected until the end, from 4. The interval is narrowest at a quarter of them. Never changed after the first look. */
  readonly plannedUsers: number;
  /**
   * Users without whom the interval is unlimited, from 2: with few of them the normal distribution is a bad approximation.
   *
   * @defaultValue 100
   */
  readonly minUsers?: number | undefined;
}

/** Confidence interval of a mean, and its estimate. */
export interface MeanInterval {
  readonly lower: number;
  readonly estimate: number;
  readonly upper: number;
}

/** Users without whom means aren't judged. */
export const MIN_USERS = 100;

/**
 * Returns the confidence interval of the mean of outcomes, valid however often it is computed once there are enough users; before, and without any variance, it is unlimited.
 *
 * Source: I. Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024), equation 9.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for sums that no outcomes have, and options that are out of their limits
 *
 * @example
 * ```ts
 * import { meanInterval } from '@fairlead/rollout';
 *
 * const latency = { users: 400, sum: 120, sumSquares: 76 }; // seconds
 * const { lower, estimate, upper } = meanInterval(latency, { alpha: 0.05, plannedUsers: 2000 });
 * console.log(lower.toFixed(3), estimate, upper.toFixed(3)); // 0.252 0.3 0.348
 * ```
 */
export function meanInterval(outcomes: OutcomeSums, options: MeanIntervalOptions): MeanInterval {
  checkOptions('meanInterval', options, {
    alpha: 'required',
    plannedUsers: 'required',
    minUsers: 'optional',
  });
  checkMeanOptions('meanInterval', options);
  checkOutcomeSums('meanInterval: outcomes', outcomes, false);
  const { alpha, plannedUsers, minUsers = MIN_USERS } = options;
  const { users, sum } = outcomes;
  const estimate = users === 0 ? 0 : sum / users;
  const variance = users < minUsers ? 0 : sampleVariance(outcomes);
  if (variance === 0) return { lower: -Infinity, estimate, upper: Infinity };
  const position = sequencePosition(users, plannedUsers / 4, alpha);
  const half = Math.sqrt(variance / users) * sequenceHalfWidth(position, alpha);
  return { lower: estimate - half, estimate, upper: estimate + half };
}

/** @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` naming the option that is out of its limits */
export function checkMeanOptions(name: string, options: MeanIntervalOptions): void {
  const { alpha, plannedUsers, minUsers = MIN_USERS } = options;
  checkNumber(`${name}: alpha`, alpha, Number.MIN_VALUE, 1 - Number.EPSILON);
  checkNumber(`${name}: plannedUsers`, plannedUsers, 4, Number.MAX_SAFE_INTEGER);
  checkInteger(`${name}: minUsers`, minUsers, 2, Number.MAX_SAFE_INTEGER);
}
