import { countNoun } from '../count-noun.ts';
import type { RolloutPlan } from '../plan/rollout-plan.ts';
import type { ExperimentProgress, OutcomeResult, RolloutVerdict } from './rollout-verdict.ts';

type Decided = Pick<RolloutVerdict, 'decision' | 'reason'>;

/** Outcomes of an A/B test that were judged. */
export interface JudgedOutcomes {
  readonly outcomes: readonly OutcomeResult[];
  readonly progress: ExperimentProgress;
}

/** The decision when the longest time has passed. */
export function endUndecided(plan: RolloutPlan, { outcomes }: JudgedOutcomes): Decided {
  const [primary] = outcomes;
  return {
    decision: 'undecided',
    reason: `undecided after ${countNoun(plan.maxHours, 'hour')}, version ${plan.baseline} stays: ${primary?.explanation ?? ''}`,
  };
}

/** The decision on a candidate that is worse beyond chance, at any time. */
export function endWorse({ outcomes }: JudgedOutcomes): Decided | undefined {
  const [primary] = outcomes;
  if (primary?.status !== 'worse') return undefined;
  return { decision: 'roll back', reason: primary.explanation };
}

/** The decision after the shortest time of the last step; undefined for a candidate that is better, by as much as matters. */
export function decideOutcomes(
  { outcomes: planned, baseline }: RolloutPlan,
  { outcomes, progress }: JudgedOutcomes,
): Decided | undefined {
  const [primary] = outcomes;
  if (primary?.status === 'equivalent') {
    const smallest = Number(((planned?.metrics[0]?.smallest ?? 0) * 100).toPrecision(4));
    return {
      decision: 'roll back',
      reason: `version ${baseline} stays, since the improvement is below ${smallest} %: ${primary.explanation}`,
    };
  }
  const open = outcomes.filter(({ status, role }) => status === 'undecided' && role !== 'reported');
  if (open.length === 0) return undefined;
  const text = open.map(({ explanation }) => explanation).join('; ');
  if (open.some(({ isJudged }) => !isJudged))
    return { decision: 'insufficient data', reason: text };
  return {
    decision: 'hold',
    reason: `undecided: ${text}; ${progress.users} of ${countNoun(progress.planned, 'planned user')}`,
  };
}
