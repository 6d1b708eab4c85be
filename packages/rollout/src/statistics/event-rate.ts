import { describeValue } from '@fairlead/signature';
import { checkInteger, checkNumber, checkOptions, invalidOption } from '../check-options.ts';
import { bisect } from './bisect.ts';
import { logGamma } from './log-gamma.ts';

/** Independent trials, and those of them that had the event, such as users and conversions. */
export interface EventRate {
  readonly events: number;
  readonly trials: number;
}

/** Beta distribution of the rate before the first trial, as numbers of trials. It changes the power of a test and the width of an interval, never their validity. */
export interface RatePrior {
  /** Trials with the event, above 0. */
  readonly events: number;
  /** Trials without it, above 0. */
  readonly others: number;
}

/** Options of {@link rateEvidence}. */
export interface RateEvidenceOptions {
  /** Rate that is tested, above 0 and below 1. */
  readonly rate: number;
  /**
   * Rates that are expected if it is another one. For a rare event give a few trials at a rate near the tested one, such as `{ events: 1, others: 99 }`.
   *
   * @defaultValue `{ events: 1, others: 1 }`, each rate is equally likely
   */
  readonly prior?: RatePrior | undefined;
}

/** Options of {@link rateInterval}. */
export interface RateIntervalOptions {
  /** Probability that the interval is ever wrong, above 0 and below 1. */
  readonly alpha: number;
  /**
   * Rates that are expected.
   *
   * @defaultValue `{ events: 1, others: 1 }`, each rate is equally likely
   */
  readonly prior?: RatePrior | undefined;
}

/** Confidence interval of a rate, and the share of trials that had the event. */
export interface RateInterval {
  readonly lower: number;
  readonly estimate: number;
  readonly upper: number;
}

/** Each rate is equally likely. */
const UNIFORM: RatePrior = { events: 1, others: 1 };

/**
 * Returns the natural logarithm of the evidence that a rate isn't the tested one: an e-value.
 *
 * The probability that it ever exceeds `log(1 / alpha)` at the tested rate is at most `alpha`, however often it is computed. The p-value that is valid at every look is
 * `exp(-max)`, where `max` is the largest evidence so far, and 1 at most.
 *
 * Source: mixture of binomial likelihood ratios over a beta distribution; H. Robbins, "Statistical methods related to the law of the iterated logarithm", Annals of
 * Mathematical Statistics 41 (1970).
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for counts that are no integers, more events than trials, a rate that isn't between 0 and 1, and a prior that isn't above 0
 *
 * @example
 * ```ts
 * import { rateEvidence } from '@fairlead/rollout';
 *
 * // 80 of 200 users converted, with a quarter expected.
 * const logEvidence = rateEvidence({ events: 80, trials: 200 }, { rate: 0.25 });
 * console.log(logEvidence > Math.log(1 / 0.05), logEvidence.toFixed(2)); // true 8.38
 * ```
 */
export function rateEvidence(counts: EventRate, options: RateEvidenceOptions): number {
  checkOptions('rateEvidence', options, { rate: 'required', prior: 'optional' });
  const { rate, prior = UNIFORM } = options;
  if (!(rate > 0 && rate < 1)) {
    throw invalidOption(
      `rateEvidence: rate must be between 0 and 1, such as 0.25, got ${describeValue(rate)}.`,
    );
  }
  checkRate('rateEvidence', counts, prior);
  return mixtureEvidence(counts, rate, prior);
}

/**
 * Returns the confidence interval of a rate, valid however often it is computed: the rates against which there is too little evidence. Without trials it is from 0 to 1.
 *
 * Source: S. R. Howard et al., "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021). The prior is the same for each rate, as
 * in the package ville; confseq centers it at each rate, so that its intervals differ.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` as {@link rateEvidence}, and for an `alpha` that isn't between 0 and 1
 *
 * @example
 * ```ts
 * import { rateInterval } from '@fairlead/rollout';
 *
 * const { lower, estimate, upper } = rateInterval({ events: 80, trials: 200 }, { alpha: 0.05 });
 * console.log(lower.toFixed(3), estimate, upper.toFixed(3)); // 0.291 0.4 0.516
 * ```
 */
export function rateInterval(counts: EventRate, options: RateIntervalOptions): RateInterval {
  checkOptions('rateInterval', options, { alpha: 'required', prior: 'optional' });
  const { alpha, prior = UNIFORM } = options;
  checkNumber('rateInterval: alpha', alpha, Number.MIN_VALUE, 1 - Number.EPSILON);
  checkRate('rateInterval', counts, prior);
  const { events, trials } = counts;
  const estimate = trials === 0 ? prior.events / (prior.events + prior.others) : events / trials;
  const limit = -Math.log(alpha);
  const rejected = (rate: number): boolean => mixtureEvidence(counts, rate, prior) >= limit;
  // A rate of 0 is possible only without events, and a rate of 1 only without other trials.
  const lower = events === 0 ? 0 : bisect(0, estimate, rejected);
  const upper = events === trials ? 1 : bisect(1, estimate, rejected);
  return { lower: lower ?? 0, estimate, upper: upper ?? 1 };
}

function mixtureEvidence({ events, trials }: EventRate, rate: number, prior: RatePrior): number {
  const others = trials - events;
  const mixture =
    logBeta(prior.events + events, prior.others + others) - logBeta(prior.events, prior.others);
  return mixture - events * Math.log(rate) - others * Math.log1p(-rate);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

function checkRate(name: string, { events, trials }: EventRate, prior: RatePrior): void {
  checkInteger(`${name}: trials`, trials, 0, Number.MAX_SAFE_INTEGER);
  checkInteger(`${name}: events`, events, 0, trials);
  checkNumber(`${name}: prior.events`, prior.events, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER);
  checkNumber(`${name}: prior.others`, prior.others, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER);
}
