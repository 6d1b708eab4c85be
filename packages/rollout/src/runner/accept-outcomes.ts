import type { CountedOutcome } from '../counts/step-counts.ts';
import type { RolloutState } from '../state/rollout-state.ts';

/** Outcome of a user, such as a conversion. */
export type RolloutOutcome = CountedOutcome;

/**
 * Reason why outcomes don't count: no A/B test of the model runs; its plan has no such metric; they are from before its start; or their users got no answer in
 * it.
 */
export type UncountedReason = 'no_test' | 'unknown_metric' | 'before_start' | 'unknown_user';

/** Outcomes that don't count. */
export interface UncountedOutcomes {
  readonly reason: UncountedReason;
  /** The metric that the plan doesn't have. */
  readonly metric?: string | undefined;
  /** Number of outcomes. */
  readonly outcomes: number;
}

/** Numbers of outcomes that were added, by what became of them. */
export interface AddedOutcomes {
  /** Outcomes of users of the A/B test. */
  readonly counted: number;
  /** Outcomes of users whose answer isn't known yet: they count as soon as it is. */
  readonly waiting: number;
  /** Outcomes that don't count, by reason and metric. */
  readonly uncounted: readonly UncountedOutcomes[];
}

/** Outcomes that belong to an A/B test. */
interface AcceptedOutcomes {
  readonly own: readonly RolloutOutcome[];
  readonly uncounted: readonly UncountedOutcomes[];
}

/** Returns the outcomes of a running A/B test: of its metrics, and not from before its begin, which isn't its effect. */
export function acceptOutcomes(
  { plan, status, startedAt }: RolloutState,
  outcomes: readonly RolloutOutcome[],
): AcceptedOutcomes {
  if (status === 'ended' || plan.outcomes === undefined) {
    return { own: [], uncounted: uncountedOutcomes('no_test', outcomes.length) };
  }
  const names = new Set(plan.outcomes.metrics.map(({ name }) => name));
  const planned = outcomes.filter(({ metric }) => names.has(metric));
  const own = planned.filter(({ at }) => at >= startedAt);
  const unknown = Map.groupBy(
    outcomes.filter(({ metric }) => !names.has(metric)),
    ({ metric }) => metric,
  );
  const unknownMetrics = Array.from(unknown, ([metric, of]) => ({
    reason: 'unknown_metric' as const,
    metric,
    outcomes: of.length,
  }));
  const early = uncountedOutcomes('before_start', planned.length - own.length);
  return { own, uncounted: [...unknownMetrics, ...early] };
}

/** Returns a list with a number of outcomes that don't count for one reason, if there are any. */
export function uncountedOutcomes(
  reason: UncountedReason,
  outcomes: number,
): readonly UncountedOutcomes[] {
  return outcomes === 0 ? [] : [{ reason, outcomes }];
}

/** Returns whether an outcome has to be stored: a conversion of 0 is that of every user without an outcome, and must not hide a later one. */
export function isStored(
  { plan }: RolloutState,
  { metric, value }: Pick<RolloutOutcome, 'metric' | 'value'>,
): boolean {
  const type = plan.outcomes?.metrics.find(({ name }) => name === metric)?.type;
  return type !== 'conversion' || value > 0;
}
