import type { RolloutPlan } from '../plan/rollout-plan.ts';
import { splitEvidence } from '../statistics/event-split.ts';
import { samplingPenalty } from './sampling-penalty.ts';

/** Users or requests of the candidate that a guardrail needs. */
export interface RequiredUnits {
  /** Name of the guardrail or of the metric, such as `failures`. */
  readonly name: string;
  /** Users, or requests where the plan splits by request. */
  readonly units: number;
  /** Rate that is shown to be exceeded by none of them; undefined for a metric, which needs users of each version. */
  readonly rate?: number | undefined;
}

/**
 * Returns how many users or requests of the candidate a plan needs at least until it can promote: so many without an event, such as a failure, show that its rate is below
 * the tolerated one; with some events it needs more. A guardrail without a tolerated rate depends on the events of both versions, and isn't returned.
 *
 * @example
 * ```ts
 * import { readPlan, requiredUnits } from '@fairlead/rollout';
 *
 * console.log(requiredUnits(readPlan({ baseline: '3', candidate: '4' }))); // [ { name: 'failures', units: 1381, rate: 0.005 } ]
 * ```
 */
export function requiredUnits({
  alpha,
  guardrails,
  outcomes,
}: RolloutPlan): readonly RequiredUnits[] {
  const { failures, slow, changedLabels } = guardrails;
  const rates = [
    { name: 'failures', rate: failures.tolerated, evidence: toleratedEvidence(alpha) },
    { name: 'slow', rate: slow?.tolerated ?? 0, evidence: toleratedEvidence(alpha) },
    { name: 'changedLabels', rate: changedLabels?.max ?? 0, evidence: -Math.log(alpha) },
  ];
  const judged = outcomes?.metrics.filter(({ role }) => role !== 'reported') ?? [];
  return [
    ...rates
      .filter(({ rate }) => rate > 0 && rate < 1)
      .map(({ name, rate, evidence }) => ({ name, units: unitsBelow(rate, evidence), rate })),
    ...judged.map(({ name, minUsers }) => ({ name, units: minUsers })),
  ];
}

/** Evidence that a rate is below a tolerated one: the other way to pass is that it is that of the baseline. */
export function toleratedEvidence(alpha: number): number {
  return Math.log(2 / alpha);
}

/** Counts the units without an event that show a rate below a limit. */
export function unitsBelow(rate: number, required: number, level = 0): number {
  const isEnough = (units: number): boolean =>
    splitEvidence([{ share: rate, candidate: 0, baseline: units }], { below: 1 }) -
      samplingPenalty(level) >=
    required;
  let enough = 1;
  while (!isEnough(enough)) enough *= 2;
  for (let few = enough / 2; enough - few > 1;) {
    const middle = Math.floor((few + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else few = middle;
  }
  return enough;
}
