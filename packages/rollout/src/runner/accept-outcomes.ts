import type { CountedOutcome } from '../counts/step-counts.ts';
import type { RolloutState } from '../state/rollout-state.ts';

/** Outcome of a user, such as a conversion. */
export type RolloutOutcome = CountedOutcome;

/** Outcomes that belong to an A/B test. */
export interface AcceptedOutcomes {
  readonly counted: number;
  /** Outcomes that have to be stored: a conversion of 0 is that of every user without an outcome, and must not hide a later one. */
  readonly stored: readonly RolloutOutcome[];
}

/** Returns the outcomes of a running A/B test: of its metrics, and not from before its begin, which isn't its effect. */
export function acceptOutcomes(
  { plan, status, startedAt }: RolloutState,
  outcomes: readonly RolloutOutcome[],
): AcceptedOutcomes {
  if (status === 'ended') return { counted: 0, stored: [] };
  const types = new Map(plan.outcomes?.metrics.map(({ name, type }) => [name, type]));
  const own = outcomes.filter(({ metric, at }) => types.has(metric) && at >= startedAt);
  const stored = own.filter(({ metric, value }) => types.get(metric) !== 'conversion' || value > 0);
  return { counted: own.length, stored };
}
