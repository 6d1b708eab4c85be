import type { AddedOutcomes, OutcomePlan, UncountedOutcomes } from '@fairlead/rollout';
import { closestName } from '@fairlead/signature';

/** Unknown metrics that a response names for each model; clients may send thousands. */
const MAX_NAMED = 10;

/** Outcomes of a model that don't count, as the response to a client says it. */
export interface UncountedReport extends UncountedOutcomes {
  readonly model: string;
  /** Description of the problem, and of what to do. */
  readonly detail: string;
}

/** Describes the outcomes of a model that don't count, for the client that sent them. */
export function describeUncounted(
  model: string,
  plan: OutcomePlan | undefined,
  { uncounted }: Pick<AddedOutcomes, 'uncounted'>,
): readonly UncountedReport[] {
  const unnamed = uncounted.filter(({ metric }) => metric === undefined);
  const metrics = uncounted.filter(({ metric }) => metric !== undefined);
  const others = metrics.slice(MAX_NAMED);
  const rest = others.reduce((sum, { outcomes }) => sum + outcomes, 0);
  const all: readonly UncountedOutcomes[] = [
    ...metrics.slice(0, MAX_NAMED),
    ...(rest === 0 ? [] : [{ reason: 'unknown_metric' as const, outcomes: rest }]),
    ...unnamed,
  ];
  return all.map((each) => ({ model, ...each, detail: detailOf(model, plan, each) }));
}

function detailOf(
  model: string,
  plan: OutcomePlan | undefined,
  { reason, metric }: UncountedOutcomes,
): string {
  switch (reason) {
    case 'no_test':
      return `no A/B test of ${model} is running`;
    case 'unknown_metric': {
      const names = plan?.metrics.map(({ name }) => name) ?? [];
      const known = `the A/B test of ${model} has ${names.map((name) => JSON.stringify(name)).join(', ')}`;
      if (metric === undefined) return `further metrics that don't exist: ${known}`;
      const meant = closestName(metric, names);
      const hint = meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`;
      return `unknown metric ${JSON.stringify(metric)}: ${known}${hint}`;
    }
    case 'before_start':
      return `their time is before the start of the A/B test of ${model}`;
    case 'unknown_user':
      return `no answer to their users is known, and too many other outcomes wait for one; send them again in a minute`;
  }
}
