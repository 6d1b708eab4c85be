import { checkOptions } from '../check-options.ts';
import { sequenceEvidence, sequenceHalfWidth, sequencePosition } from './asymptotic-sequence.ts';
import {
  checkMeanOptions,
  MIN_USERS,
  type MeanInterval,
  type MeanIntervalOptions,
} from './mean-interval.ts';
import { checkOutcomeSums, sampleVariance, type OutcomeSums } from './outcome-sums.ts';

/** Outcomes of two variants during a step, in which the share of each was constant. A user counts in one step: that of the first assignment. */
export interface OutcomeStep {
  readonly candidate: OutcomeSums;
  readonly baseline: OutcomeSums;
}

/** Options of {@link compareMeans}. */
export interface CompareMeansOptions extends MeanIntervalOptions {
  /**
   * Users that both variants together are expected to have at the end, from 4. The interval is narrowest at a quarter of them, counted as those of an even split: 1,000 users
   * of which the candidate has 10 % count as 360. Never changed after the first look.
   */
  readonly plannedUsers: number;
  /**
   * Users of each variant without whom there is no evidence, from 2: with few of them the normal distribution is a bad approximation. Give 1,000 for outcomes with a very long
   * tail: for a lognormal distribution with σ = 1.5 and a share of 10 % false alarms are 8 % with 100 users, 6 % with 400 and 2 % with 1,000; with σ = 1 they are 5 % with 100.
   * Where most outcomes are 0 as well, no number is enough for an uneven split: see {@link skewnessOfDifference}.
   *
   * @defaultValue 100
   */
  readonly minUsers?: number | undefined;
  /**
   * Outcomes are 0 or 1: no evidence without 5 of each in each variant.
   *
   * @defaultValue false
   */
  readonly binary?: boolean | undefined;
}

/** Result of {@link compareMeans}. */
export interface MeanComparison {
  /** Mean of the candidate minus that of the baseline, each averaged over the steps; 0 without users. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  /** Natural logarithm of the evidence that there is a difference: an e-value. */
  readonly logEvidence: number;
  /** Difference as a multiple of the baseline's mean; undefined unless that is above 0. */
  readonly lift: MeanInterval | undefined;
  /**
   * The same with an interval that excludes exactly those changes which `alpha` excludes, by Fieller's theorem, so that decisions may be based on it. It has no end where
   * the mean of the baseline may be 0.
   */
  readonly change: MeanInterval | undefined;
  /** Means of both variants, averaged over the steps, and their intervals. */
  readonly means: { readonly candidate: MeanInterval; readonly baseline: MeanInterval };
}

/** Outcomes of 0 and of 1 without which the variance of a variant isn't known: with few of them it is near 0 by chance. */
const MIN_EVENTS = 5;
/** Events that the rate of both variants makes likely, so that fewer than 5 are no chance (4e-8) but an effect. */
const CERTAIN_EVENTS = 30;

/**
 * Compares the means of two variants. The probability that the interval is ever wrong is at most about `alpha`, however often it is computed; neither is the probability
 * larger that the evidence ever exceeds `log(1 / alpha)` without a difference.
 *
 * Means are compared within each step, and the differences averaged. Users of all steps together must not be compared while shares change: if a candidate grows in an hour
 * in which all users convert less, it has more of these users.
 *
 * Outcomes must be independent: of each user one, such as a mean. Without enough users, and without any variance, the interval is unlimited and the evidence 0.
 *
 * Source: I. Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024), equations 9 and 155; for one step
 * and an even split the same values as the sequential test of GrowthBook.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for sums that no outcomes have, and options that are out of their limits
 *
 * @example
 * ```ts
 * import { compareMeans } from '@fairlead/rollout';
 *
 * const conversions = (users: number, sum: number) => ({ users, sum, sumSquares: sum });
 * const steps = [
 *   { candidate: conversions(500, 70), baseline: conversions(4500, 450) },
 *   { candidate: conversions(2500, 320), baseline: conversions(2500, 230) },
 * ];
 * const result = compareMeans(steps, { alpha: 0.05, plannedUsers: 20_000, binary: true });
 * console.log(result.difference.toFixed(4), result.lower > 0, result.lift?.estimate.toFixed(2)); // 0.0371 true 0.39
 * ```
 */
export function compareMeans(
  steps: readonly OutcomeStep[],
  options: CompareMeansOptions,
): MeanComparison {
  checkOptions('compareMeans', options, {
    alpha: 'required',
    plannedUsers: 'required',
    minUsers: 'optional',
    binary: 'optional',
  });
  checkMeanOptions('compareMeans', options);
  const { alpha, plannedUsers, binary = false } = options;
  for (const [index, { candidate, baseline }] of steps.entries()) {
    checkOutcomeSums(`compareMeans: steps[${index}].candidate`, candidate, binary);
    checkOutcomeSums(`compareMeans: steps[${index}].baseline`, baseline, binary);
  }
  // The variance of one user isn't known. Without such steps, which have nearly no weight, unbiased variances add up in any number of small steps.
  const counted = steps.filter((step) => step.candidate.users > 1 && step.baseline.users > 1);
  const { candidate, baseline, evenUsers } = averageSteps(counted, binary);
  const difference = candidate.mean - baseline.mean;
  const variance = candidate.variance + baseline.variance;
  const judged = variance > 0 && hasEnoughOutcomes(counted, options);
  const position = sequencePosition(evenUsers, plannedUsers / 4, alpha);
  const width = judged ? sequenceHalfWidth(position, alpha) : Infinity;
  const half = judged ? width * Math.sqrt(variance) : Infinity;
  return {
    difference,
    lower: difference - half,
    upper: difference + half,
    logEvidence: judged ? sequenceEvidence(position, difference / Math.sqrt(variance)) : 0,
    lift: baseline.mean > 0 ? liftOf(candidate, baseline, width) : undefined,
    change: baseline.mean > 0 ? changeOf(candidate, baseline, width) : undefined,
    means: { candidate: meanOf(candidate, width), baseline: meanOf(baseline, width) },
  };
}

function meanOf({ mean, variance }: AverageMean, width: number): MeanInterval {
  const half = width === Infinity ? Infinity : width * Math.sqrt(variance);
  return { lower: mean - half, estimate: mean, upper: mean + half };
}

/**
 * The ratios r for which the candidate's mean minus r times that of the baseline isn't further from 0 than the width permits, less 1.
 *
 * Source: E. C. Fieller, "Some problems in interval estimation", JRSS B 16 (1954).
 */
function changeOf(candidate: AverageMean, baseline: AverageMean, width: number): MeanInterval {
  const estimate = candidate.mean / baseline.mean - 1;
  const square = width * width;
  const leading = baseline.mean ** 2 - square * baseline.variance;
  // Also NaN: an unlimited width of a mean without variance.
  if (!(leading > 0)) return { lower: -Infinity, estimate, upper: Infinity };
  const middle = candidate.mean * baseline.mean;
  const root =
    width * Math.sqrt(candidate.variance * leading + baseline.variance * candidate.mean ** 2);
  return { lower: (middle - root) / leading - 1, estimate, upper: (middle + root) / leading - 1 };
}

/** A mean over the steps, and the variance of that mean. */
interface AverageMean {
  readonly mean: number;
  readonly variance: number;
}

/**
 * Averages the means of each variant over the steps, weighted by half of the harmonic mean of their users, as Cochran, Mantel and Haenszel do.
 *
 * Weights of inverse variances would be estimates: a variant with few conversions by chance, or without its slowest requests, has a small variance as well, and so a large
 * weight, which favors low means, above all in the smaller variant: with conversions of 1 % and a ramp of 24 steps nearly all tests stop without a difference. Numbers of users don't depend on outcomes, and are the best weights where all steps have the same variance.
 * Besides, the variance of the weighted sum grows in proportion to these weights in any ramp, so that their sum is the time which a sequence needs: 1,000 users are fewer at a
 * share of 1 % than at one of 50 %.
 */
function averageSteps(
  steps: readonly OutcomeStep[],
  binary: boolean,
): { candidate: AverageMean; baseline: AverageMean; evenUsers: number } {
  const floor = (variant: keyof OutcomeStep): number =>
    binary ? varianceFloor(addSums(steps, variant)) : 0;
  const floors = { candidate: floor('candidate'), baseline: floor('baseline') };
  const sums = { candidate: { mean: 0, variance: 0 }, baseline: { mean: 0, variance: 0 } };
  let weights = 0;
  for (const step of steps) {
    const { candidate, baseline } = step;
    const weight = (candidate.users * baseline.users) / (candidate.users + baseline.users);
    weights += weight;
    for (const variant of ['candidate', 'baseline'] as const) {
      const { users, sum } = step[variant];
      const variance = Math.max(floors[variant], sampleVariance(step[variant]));
      sums[variant].mean += (weight * sum) / users;
      sums[variant].variance += (weight * weight * variance) / users;
    }
  }
  const average = ({ mean, variance }: AverageMean): AverageMean =>
    weights === 0
      ? { mean: 0, variance: 0 }
      : { mean: mean / weights, variance: variance / (weights * weights) };
  return {
    candidate: average(sums.candidate),
    baseline: average(sums.baseline),
    // Two variants of equal size would have as many users for the same error.
    evenUsers: 4 * weights,
  };
}

function hasEnoughOutcomes(
  steps: readonly OutcomeStep[],
  { minUsers = MIN_USERS, binary = false }: CompareMeansOptions,
): boolean {
  const variants = [addSums(steps, 'candidate'), addSums(steps, 'baseline')];
  if (variants.some(({ users }) => users < minUsers)) return false;
  if (!binary) return true;
  const [users, events] = [
    variants.reduce((total, each) => total + each.users, 0),
    variants.reduce((total, each) => total + each.sum, 0),
  ];
  const rate = Math.min(events, users - events) / users;
  return variants.every(
    (each) => rarerOutcomes(each) >= MIN_EVENTS || rate * each.users >= CERTAIN_EVENTS,
  );
}

/** Variance as if there were 5 of the rarer outcome, where there are fewer. */
function varianceFloor(total: OutcomeSums): number {
  if (total.users <= MIN_EVENTS || rarerOutcomes(total) >= MIN_EVENTS) return 0;
  const rate = MIN_EVENTS / total.users;
  return rate * (1 - rate);
}

function rarerOutcomes({ users, sum }: OutcomeSums): number {
  return Math.min(sum, users - sum);
}

function addSums(steps: readonly OutcomeStep[], variant: keyof OutcomeStep): OutcomeSums {
  return steps.reduce(
    (total, { [variant]: { users, sum, sumSquares } }) => ({
      users: total.users + users,
      sum: total.sum + sum,
      sumSquares: total.sumSquares + sumSquares,
    }),
    { users: 0, sum: 0, sumSquares: 0 },
  );
}

/** The error of the ratio by the delta method, as in GrowthBook. */
function liftOf(candidate: AverageMean, baseline: AverageMean, width: number): MeanInterval {
  const estimate = candidate.mean / baseline.mean - 1;
  const ratio = candidate.mean / baseline.mean;
  const error = Math.sqrt(candidate.variance + ratio * ratio * baseline.variance) / baseline.mean;
  const half = width === Infinity ? Infinity : width * error;
  return { lower: estimate - half, estimate, upper: estimate + half };
}
