import type { RolloutPlan } from '../plan/rollout-plan.ts';

/** Parts of `alpha` of a plan, one for each test that may end the rollout; they add up to `alpha`. */
export interface AlphaShares {
  /** Of the primary metric of an A/B test. */
  readonly primary: number;
  /** Of each guardrail, those of outcomes included. */
  readonly guardrail: number;
  /** Of requests that the client is to blame for, and of canceled ones. */
  readonly refusals: number;
}

/** Requests of which the client is the cause, by kind: invalid and canceled ones. */
const REFUSAL_KINDS = 2;
/** Share of the rest that each kind of them gets. */
const REFUSAL_SHARE = 0.1;

/** Splits `alpha` of a plan: half of it belongs to the primary metric of an A/B test, and the rest to the guardrails. */
export function alphaShares({ kind, alpha, guardrails, outcomes }: RolloutPlan): AlphaShares {
  const { failures, slow, labels, changedLabels } = guardrails;
  const rates = [failures, slow, labels, changedLabels].filter(Boolean).length;
  const ofOutcomes = outcomes?.metrics.filter(({ role }) => role === 'guardrail').length ?? 0;
  const primary = kind === 'experiment' ? alpha / 2 : 0;
  const rest = alpha - primary;
  return {
    primary,
    guardrail: ((1 - REFUSAL_KINDS * REFUSAL_SHARE) * rest) / (rates + ofOutcomes),
    refusals: REFUSAL_SHARE * rest,
  };
}
