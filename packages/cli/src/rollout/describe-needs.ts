import type { RequiredUnits, RolloutPlan } from '@fairlead/rollout';
import { count } from '../output/format-values.ts';
import { percent } from './percent.ts';

const NOUNS: Readonly<Record<string, string>> = {
  failures: 'failure',
  slow: 'slow request',
  changedLabels: 'changed label',
};

/** Describes how much of the candidate's traffic a plan needs before it can promote, for people. */
export function describeNeeds(
  { unit, kind }: RolloutPlan,
  needs: readonly RequiredUnits[],
): readonly string[] {
  const guardrails = needs.flatMap(({ name, units, rate }) =>
    rate === undefined
      ? []
      : [
          `${count(units, unit === 'key' ? 'user' : 'request')} without a ${NOUNS[name] ?? name} (a rate below ${percent(rate)})`,
        ],
  );
  if (guardrails.length === 0) return [];
  const until = kind === 'shadow' ? 'to pass' : 'to be promoted';
  return [`  the candidate needs, ${until}, at least ${guardrails.join(' and ')}`];
}

/** Returns a warning for each guardrail or metric of an A/B test that needs more users than are expected. */
export function findFewUsers(
  { steps, outcomes }: RolloutPlan,
  needs: readonly RequiredUnits[],
): readonly string[] {
  if (outcomes === undefined) return [];
  const { users } = outcomes;
  const candidate = steps.at(-1)?.share ?? 0.5;
  return needs.flatMap(({ name, units, rate }) => {
    // A guardrail is about the candidate; a metric needs users of each version.
    const share = rate === undefined ? Math.min(candidate, 1 - candidate) : candidate;
    const expected = Math.floor(users * share);
    if (expected >= units) return [];
    const of = rate === undefined ? 'of each version' : 'of the candidate';
    const tolerate =
      name === 'failures' && rate !== undefined
        ? `, or tolerate more than ${percent(rate)} failures (--tolerated)`
        : '';
    return [
      `${name} needs at least ${count(units, 'user')} ${of}, and ${expected} of the ${users} expected users are: the test may end undecided; run it until there are ${Math.ceil(units / share)} (--users)${tolerate}`,
    ];
  });
}
