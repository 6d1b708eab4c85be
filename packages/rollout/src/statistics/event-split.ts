import { describeValue } from '@fairlead/signature';
import { checkNumber, invalidOption } from '../check-options.ts';
import { bisect } from './bisect.ts';

/** Events of two variants under one split, such as failed requests during a step. */
export interface EventSplit {
  /** Share of the candidate in the traffic of both, above 0 and below 1. */
  readonly share: number;
  /** Events of the candidate. */
  readonly candidate: number;
  /** Events of the baseline. */
  readonly baseline: number;
}

/** Ratio of the rates that is tested. */
export interface RatioHypothesis {
  /** Evidence that the rate of the candidate is above this multiple of the baseline's. */
  readonly above?: number | undefined;
  /** Evidence that it is below this multiple. */
  readonly below?: number | undefined;
  /** Evidence that it is another multiple. */
  readonly not?: number | undefined;
}

/** Confidence interval of a rate ratio, and the ratio that explains the events best. */
export interface RatioInterval {
  readonly lower: number;
  readonly estimate: number;
  readonly upper: number;
}

// 65 log ratios from −log 8 to log 8, weighted by a normal density with a standard deviation of 0.7.
const SPREAD = 0.7;
const GRID = Array.from({ length: 65 }, (_, index) => {
  const ratio = ((index - 32) / 32) * Math.log(8);
  return { ratio, growth: Math.expm1(ratio), weight: -((ratio / SPREAD) ** 2) / 2 };
});
/** Ratios beyond are not looked for. */
const MAX_LOG_RATIO = Math.log(1e6);

/**
 * Returns the natural logarithm of the evidence against a hypothesis on the rate ratio of two variants: an e-value.
 *
 * Where both have equal rates, each event is one of the candidate with the probability `share`, regardless of the rate at that time. So events of steps with other shares,
 * and of hours with other rates, may be added: each step is one element. The probability that the evidence ever exceeds `log(1 / alpha)` without cause is
 * at most `alpha`, however often it is computed. Events must be independent: of requests of the same user only the first event counts.
 *
 * Source: mixture of likelihood ratios of a binomial share, conditional on the events; A. Ramdas et al., "Game-theoretic statistics and safe anytime-valid
 * inference", Statistical Science 38 (2023), for e-values.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for counts that are no integers, and a share that isn't between 0 and 1
 *
 * @example
 * ```ts
 * import { splitEvidence } from '@fairlead/rollout';
 *
 * // A tenth of the traffic had 12 of 40 failures.
 * const logEvidence = splitEvidence([{ share: 0.1, candidate: 12, baseline: 28 }], { above: 1 });
 * console.log(logEvidence > Math.log(1 / 0.05), logEvidence.toFixed(2)); // true 4.63
 * ```
 */
export function splitEvidence(
  splits: readonly EventSplit[],
  { above, below, not }: RatioHypothesis,
): number {
  const given = Object.entries({ above, below, not }).flatMap(([name, ratio]) =>
    ratio === undefined ? [] : [[name, ratio] as const],
  );
  const [first] = given;
  if (given.length !== 1 || first === undefined) {
    throw invalidOption('splitEvidence: give one of above, below and not, such as { above: 1 }.');
  }
  const [side, ratio] = first;
  checkNumber(`splitEvidence: ${side}`, ratio, 1e-6, 1e6);
  for (const split of splits) checkSplit(split);
  return mixtureEvidence(splits, Math.log(ratio), side as keyof RatioHypothesis);
}

/**
 * Returns the confidence interval of the rate ratio, valid however often it is computed, and the most likely ratio. Without events it is unlimited, and the estimate 1.
 *
 * @param alpha - probability that the interval is ever wrong
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` as {@link splitEvidence}, and for an `alpha` that isn't between 0 and 1
 *
 * @example
 * ```ts
 * import { ratioInterval } from '@fairlead/rollout';
 *
 * const { lower, estimate, upper } = ratioInterval([{ share: 0.1, candidate: 12, baseline: 28 }], 0.05);
 * console.log(lower.toFixed(2), estimate.toFixed(2), upper.toFixed(2)); // 1.12 3.86 11.16
 * ```
 */
export function ratioInterval(splits: readonly EventSplit[], alpha: number): RatioInterval {
  checkNumber('ratioInterval: alpha', alpha, Number.MIN_VALUE, 1 - Number.EPSILON);
  for (const split of splits) checkSplit(split);
  const estimate = mostLikelyLogRatio(splits);
  const limit = -Math.log(alpha);
  // The mixture doesn't depend on the ratio that is tested.
  const mixture = mixtureEvidence(splits, 0, 'not') + logLikelihood(splits, 0);
  const rejected = (ratio: number): boolean => mixture - logLikelihood(splits, ratio) >= limit;
  const lower = bisect(-MAX_LOG_RATIO, estimate, rejected);
  const upper = bisect(MAX_LOG_RATIO, estimate, rejected);
  return {
    lower: lower === undefined ? 0 : Math.exp(lower),
    estimate: Math.exp(estimate),
    upper: upper === undefined ? Infinity : Math.exp(upper),
  };
}

function mixtureEvidence(
  splits: readonly EventSplit[],
  origin: number,
  side: keyof RatioHypothesis,
): number {
  const alternatives = GRID.filter(({ ratio }) =>
    side === 'above' ? ratio > origin : side === 'below' ? ratio < origin : true,
  );
  const atOrigin = logLikelihood(splits, origin);
  // Beyond the grid no alternative is left: no evidence.
  if (alternatives.length === 0) return 0;
  const terms = alternatives.map(
    ({ ratio, growth, weight }) => weight + logLikelihood(splits, ratio, growth) - atOrigin,
  );
  return logSumExp(terms) - logSumExp(alternatives.map(({ weight }) => weight));
}

/** Log likelihood of a log rate ratio, up to a constant. */
function logLikelihood(
  splits: readonly EventSplit[],
  ratio: number,
  growth = Math.expm1(ratio),
): number {
  let sum = 0;
  for (const { share, candidate, baseline } of splits) {
    sum += candidate * ratio - (candidate + baseline) * Math.log1p(share * growth);
  }
  return sum;
}

/** The likelihood is concave in the log ratio, so its derivative changes its sign once. */
function mostLikelyLogRatio(splits: readonly EventSplit[]): number {
  const events = splits.reduce((sum, { candidate, baseline }) => sum + candidate + baseline, 0);
  if (events === 0) return 0;
  const falls = (ratio: number): boolean => {
    let slope = 0;
    for (const { share, candidate, baseline } of splits) {
      const weight = share * Math.exp(ratio);
      slope += candidate - ((candidate + baseline) * weight) / (1 - share + weight);
    }
    return slope < 0;
  };
  return bisect(MAX_LOG_RATIO, -MAX_LOG_RATIO, falls) ?? MAX_LOG_RATIO;
}

function logSumExp(terms: readonly number[]): number {
  const max = Math.max(...terms);
  return max + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - max), 0));
}

function checkSplit({ share, candidate, baseline }: EventSplit): void {
  if (!(share > 0 && share < 1)) {
    throw invalidOption(
      `The share of the candidate must be between 0 and 1, got ${describeValue(share)}.`,
    );
  }
  for (const [name, count] of Object.entries({ candidate, baseline })) {
    if (Number.isSafeInteger(count) && count >= 0) continue;
    throw invalidOption(
      `Events of the ${name} must be an integer from 0, got ${describeValue(count)}.`,
    );
  }
}
