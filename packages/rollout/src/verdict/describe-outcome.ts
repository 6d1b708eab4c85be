import { countNoun } from '../count-noun.ts';
import type { OutcomeMetric } from '../plan/rollout-plan.ts';
import type { MeanComparison } from '../statistics/compare-means.ts';
import type { MeanInterval } from '../statistics/mean-interval.ts';
import type { OutcomeResult } from './rollout-verdict.ts';

/** Conversions without which a comparison isn't judged, as `compareMeans` requires them. */
const MIN_CONVERSIONS = 5;

/** Says how two means compare, a part of a sentence. */
export function describeComparison(
  { name, type }: OutcomeMetric,
  { change, means }: MeanComparison,
  users: OutcomeResult['users'],
): string {
  const found = `${describeMean(type, means.candidate.estimate)} of ${countNoun(users.candidate, 'user')} of the candidate and ${describeMean(type, means.baseline.estimate)} of ${users.baseline} of the baseline`;
  return change === undefined
    ? `${name}: no change can be computed, since the mean of the baseline isn't above 0, with ${found}`
    : `${name}: ${describeChange(change)}, with ${found}`;
}

/** Says what is missing until a metric is judged, a part of a sentence. */
export function describeMissing(
  { name, type, minUsers }: OutcomeMetric,
  users: OutcomeResult['users'],
  sums: OutcomeResult['users'],
): string {
  const few = Math.min(users.candidate, users.baseline);
  if (few < minUsers) {
    return `${name}: ${countNoun(users.candidate, 'user')}${type === 'mean' ? ' with an outcome' : ''} of the candidate and ${users.baseline} of the baseline; each needs ${minUsers}`;
  }
  if (type !== 'conversion') return `${name}: all outcomes are equal`;
  const rare = (variant: 'candidate' | 'baseline'): boolean =>
    users[variant] - sums[variant] < MIN_CONVERSIONS;
  const isRest = rare('candidate') || rare('baseline');
  const [candidate, baseline] = (['candidate', 'baseline'] as const).map((variant) =>
    isRest ? users[variant] - sums[variant] : sums[variant],
  ) as [number, number];
  const found = isRest
    ? `${countNoun(candidate, 'user')} without a conversion`
    : countNoun(candidate, 'conversion');
  return `${name}: ${found} of the candidate and ${baseline} of the baseline; each needs ${MIN_CONVERSIONS}`;
}

/** Says why outcomes of few users can't be compared, a part of a sentence. */
export function describeSkewed(
  { name, type }: OutcomeMetric,
  users: OutcomeResult['users'],
): string {
  const few = users.candidate < users.baseline ? 'candidate' : 'baseline';
  const cause =
    type === 'conversion' ? 'conversions are too rare' : 'a few users have too much of all';
  return `${name}: ${cause} to compare ${countNoun(users[few], 'user')} of the ${few}; more users, or a share near 50 %, are needed`;
}

/**
 * Describes a change with its interval, such as `+12.3 % (1.2 % to 23.4 %)`.
 *
 * @example
 * ```ts
 * import { describeChange } from '@fairlead/rollout';
 *
 * console.log(describeChange({ lower: -0.012, estimate: 0.1, upper: Infinity })); // +10 % (from −1.2 %)
 * ```
 */
export function describeChange({ lower, estimate, upper }: MeanInterval): string {
  if (lower === -Infinity && upper === Infinity) return `${signed(estimate)} (not judged yet)`;
  const interval =
    upper === Infinity ? `from ${signed(lower)}` : `${signed(lower)} to ${signed(upper)}`;
  return `${signed(estimate)} (${interval})`;
}

/**
 * Describes a mean: conversions in percent.
 *
 * @example
 * ```ts
 * import { describeMean } from '@fairlead/rollout';
 *
 * console.log(describeMean('conversion', 0.0512), describeMean('total', 12.5)); // 5.12 % 12.5
 * ```
 */
export function describeMean(type: OutcomeMetric['type'], mean: number): string {
  const scaled = Number((type === 'conversion' ? mean * 100 : mean).toPrecision(4));
  return type === 'conversion' ? `${scaled} %` : String(scaled);
}

function signed(share: number): string {
  const percent = Number((share * 100).toPrecision(3));
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent)} %`;
}
