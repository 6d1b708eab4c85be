import type { OutcomeMetric, RolloutPlan } from '../plan/rollout-plan.ts';
import { compareMeans, type MeanComparison } from '../statistics/compare-means.ts';
import type { MeanInterval } from '../statistics/mean-interval.ts';
import { skewnessOfDifference } from '../statistics/skewness-of-difference.ts';
import { sampleRatioEvidence } from '../statistics/sample-ratio.ts';
import { alphaShares } from './alpha-shares.ts';
import { countedShare, type MetricTotals, type OutcomeTotals } from './count-outcomes.ts';
import { describeComparison, describeMissing, describeSkewed } from './describe-outcome.ts';
import { SAMPLE_RATIO_ALPHA } from './rollout-verdict.ts';
import type { OutcomeResult } from './rollout-verdict.ts';
import { samplingPenalty } from './sampling-penalty.ts';

/** Larger skewness of the difference would make the intervals wrong more often than `alpha` permits; see the simulation. */
const MAX_SKEWNESS = 0.1;

/**
 * Judges the outcomes of an A/B test. The probability that the primary metric ever shows an improvement by more than `smallest` which isn't there, or a
 * deterioration, is half of `alpha` of the plan, and that of all guardrails failing without cause a part of the other half.
 */
export function judgeOutcomes(plan: RolloutPlan, totals: OutcomeTotals): readonly OutcomeResult[] {
  const { metrics = [] } = plan.outcomes ?? {};
  return metrics.flatMap((metric) => {
    const found = totals.metrics.find(({ name }) => name === metric.name);
    return found === undefined ? [] : [judgeMetric(plan, metric, totals, found)];
  });
}

/** Returns whether the users of an A/B test aren't split as planned: an error of at most 0.1 %, however often it is computed. */
export function hasUserMismatch(plan: RolloutPlan, totals: OutcomeTotals): boolean {
  return isMismatch(plan, totals, totals.users);
}

function judgeMetric(
  plan: RolloutPlan,
  metric: OutcomeMetric,
  totals: OutcomeTotals,
  found: MetricTotals,
): OutcomeResult {
  const { name, type, role, better } = metric;
  const compared = compareMeans(found.steps, {
    alpha: alphaOf(plan, metric, totals),
    plannedUsers: (plan.outcomes?.users ?? 0) / 2 ** totals.plannedLevel,
    minUsers: metric.minUsers,
    binary: type === 'conversion',
  });
  // If the variant decides which users report, the means are those of different users.
  const isSelected = type === 'mean' && isMismatch(plan, totals, found.reported);
  const isSkewed = skewnessOfDifference(found.steps, found.sumCubes) > MAX_SKEWNESS;
  const status = isSelected || isSkewed ? 'undecided' : statusOf(metric, compared.change);
  const users = sum(found.steps.map((step) => [step.candidate.users, step.baseline.users]));
  const reported = sum(found.reported.map((step) => [step.candidate, step.baseline]));
  const isJudged = compared.upper < Infinity && !isSkewed;
  const explanation = isSelected
    ? `${name}: whether users have an outcome depends on the version (${reported.candidate} of the candidate, ${reported.baseline} of the baseline), so that their means can't be compared`
    : isJudged
      ? describeComparison(metric, compared, users)
      : isSkewed && compared.upper < Infinity
        ? describeSkewed(metric, users)
        : describeMissing(metric, users, sumsOf(found));
  return {
    ...{ name, role, better, type, status, isJudged, explanation, users, reported },
    ...{ means: compared.means, change: compared.change },
  };
}

function alphaOf(plan: RolloutPlan, { role }: OutcomeMetric, totals: OutcomeTotals): number {
  const shares = alphaShares(plan);
  // A metric that is only reported ends nothing, and has its own error.
  const alpha = role === 'reported' ? plan.alpha : shares[role];
  return alpha * Math.exp(-samplingPenalty(totals.level - totals.plannedLevel));
}

function statusOf(
  { role, better, smallest }: OutcomeMetric,
  change: MeanComparison['change'],
): OutcomeResult['status'] {
  if (change === undefined) return 'undecided';
  const { lower, upper } = better === 'higher' ? change : reversed(change);
  switch (role) {
    case 'guardrail':
      return upper < -smallest ? 'failed' : lower > -smallest ? 'passed' : 'undecided';
    case 'primary':
      if (lower > smallest) return 'better';
      return upper < 0 ? 'worse' : upper < smallest ? 'equivalent' : 'undecided';
    case 'reported':
      return lower > 0 ? 'better' : upper < 0 ? 'worse' : 'undecided';
  }
}

function reversed({ lower, estimate, upper }: MeanInterval): MeanInterval {
  return { lower: -upper, estimate: -estimate, upper: -lower };
}

function isMismatch(
  plan: RolloutPlan,
  { users, level, plannedLevel }: OutcomeTotals,
  counts: readonly { readonly candidate: number; readonly baseline: number }[],
): boolean {
  const splits = counts.map(({ candidate, baseline }, index) => {
    const share = countedShare(plan, users[index]?.step ?? 0);
    return { shares: [share, 1 - share], counts: [candidate, baseline] };
  });
  const evidence = sampleRatioEvidence(splits) - samplingPenalty(level - plannedLevel);
  return evidence >= -Math.log(SAMPLE_RATIO_ALPHA);
}

function sum(pairs: readonly (readonly [number, number])[]): OutcomeResult['users'] {
  return {
    candidate: pairs.reduce((total, [candidate]) => total + candidate, 0),
    baseline: pairs.reduce((total, [, baseline]) => total + baseline, 0),
  };
}

function sumsOf({ steps }: MetricTotals): OutcomeResult['users'] {
  return sum(steps.map(({ candidate, baseline }) => [candidate.sum, baseline.sum]));
}
