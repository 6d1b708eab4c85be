import type { LabelGuardrail, OutcomeMetric, RequiredUnits, RolloutPlan } from '@fairlead/rollout';
import { count } from '../output/format-values.ts';
import { describeNeeds } from './describe-needs.ts';
import { percent } from './percent.ts';
import { ROLLOUT_KINDS } from './rollout-kinds.ts';

/** Describes a plan, for people. */
export function describePlan(
  plan: RolloutPlan,
  needs: readonly RequiredUnits[],
): readonly string[] {
  const { kind, steps, unit, guardrails, outcomes, maxHours, baseline } = plan;
  const { failures, slow, labels, changedLabels } = guardrails;
  const guards = [
    `failures up to ${Number((1 + failures.margin).toPrecision(4))} times those of the baseline` +
      (failures.tolerated > 0 ? `, or below ${percent(failures.tolerated)}` : ''),
    ...(slow === undefined ? [] : [`requests over ${slow.overMs} ms`]),
    ...(labels === undefined ? [] : [describeLabels(labels)]),
    ...(changedLabels === undefined ? [] : [`changed labels up to ${percent(changedLabels.max)}`]),
  ];
  return [
    `  ${ROLLOUT_KINDS[kind]}, split by ${unit === 'key' ? 'user' : 'request'}`,
    ...steps.map(
      ({ share, minMinutes, minRequests }, index) =>
        `  step ${index + 1}: ${percent(share)} for at least ${count(Number(minMinutes.toPrecision(4)), 'minute')} and ${count(minRequests, 'request')}`,
    ),
    ...(outcomes?.metrics.map(describeMetric) ?? []),
    `  guarded: ${guards.join('; ')}`,
    ...describeNeeds(plan, needs),
    ...(outcomes === undefined
      ? [`  rolled back if undecided after ${count(Number(maxHours.toPrecision(4)), 'hour')}`]
      : [
          `  expected: ${outcomes.users} users; it decides fastest at ${Math.round(outcomes.users / 4)}`,
          `  ends undecided after ${count(Number(maxHours.toPrecision(4)), 'hour')}: version ${baseline} stays`,
        ]),
  ];
}

function describeLabels({ edges }: LabelGuardrail): string {
  return edges === undefined
    ? 'shares of the labels'
    : `distribution of the scores (limits ${edges.join(', ')})`;
}

const TYPES = {
  conversion: 'conversions, 0 for users without an outcome',
  total: 'a number of each user, 0 for those without an outcome',
  mean: 'a number of each user with an outcome',
};

function describeMetric({ name, type, better, smallest, role }: OutcomeMetric): string {
  const direction = `${better} is better`;
  switch (role) {
    case 'primary': {
      const size = smallest === 0 ? '' : ` by more than ${percent(smallest)}`;
      return `  decided by: ${name} (${TYPES[type]}; ${direction})${size}`;
    }
    case 'guardrail':
      return `  not worse by ${percent(smallest)}: ${name} (${TYPES[type]}; ${direction})`;
    case 'reported':
      return `  reported: ${name} (${TYPES[type]}; ${direction})`;
  }
}
