import type { RolloutKind, RolloutPlanInput } from '@fairlead/rollout';
import type { GivenMetric } from './parse-metric.ts';

const MINUTE_MS = 60_000;
/** Limits between the intervals of a score from 0 to 1. */
const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** Options of the command that are fields of a plan. */
export interface GivenOptions {
  readonly kind?: RolloutKind | undefined;
  readonly steps?: readonly number[] | undefined;
  readonly stepTime?: number | undefined;
  readonly stepRequests?: number | undefined;
  readonly splitBy?: 'user' | 'request' | undefined;
  readonly tolerated?: number | undefined;
  readonly margin?: number | undefined;
  readonly slowOver?: number | undefined;
  readonly guardLabels?: true | undefined;
  readonly guardScores?: readonly number[] | true | undefined;
  readonly changedLabels?: number | undefined;
  readonly maxTime?: number | undefined;
  readonly metric?: readonly GivenMetric[] | undefined;
  readonly users?: number | undefined;
}

/** Fields of a plan, not yet checked. */
export type PlanFields = Partial<RolloutPlanInput>;

/** Returns the fields of the plan: those of the file, replaced by options. */
export function mergePlan(file: PlanFields, options: GivenOptions): PlanFields {
  const { kind, steps, stepTime, stepRequests, splitBy, maxTime } = options;
  const shares = steps?.map((share) => ({ share })) ?? file.steps;
  const timed = {
    ...(stepTime !== undefined && { minMinutes: stepTime / MINUTE_MS }),
    ...(stepRequests !== undefined && { minRequests: stepRequests }),
  };
  const chosen =
    shares ?? (Object.keys(timed).length > 0 ? defaultSteps(kind ?? file.kind) : undefined);
  return {
    ...file,
    ...(kind !== undefined && { kind }),
    ...(chosen !== undefined && { steps: chosen.map((step) => ({ ...step, ...timed })) }),
    ...(splitBy !== undefined && { unit: splitBy === 'user' ? 'key' : 'request' }),
    ...(maxTime !== undefined && { maxHours: maxTime / (60 * MINUTE_MS) }),
    guardrails: mergeGuardrails(file.guardrails ?? {}, options),
    ...mergeOutcomes(file.outcomes, options),
  };
}

function defaultSteps(kind: PlanFields['kind'] = 'canary'): readonly { readonly share: number }[] {
  const shares = { canary: [0.01, 0.1, 0.5], shadow: [0.1], experiment: [0.5] };
  return shares[kind].map((share) => ({ share }));
}

/** Values are checked with the whole plan, so that a missing one is reported there. */
function mergeOutcomes(
  file: PlanFields['outcomes'],
  { metric, users }: GivenOptions,
): Pick<PlanFields, 'outcomes'> {
  if (metric === undefined && users === undefined) return {};
  const given = { ...(users !== undefined && { users }), ...(metric && { metrics: metric }) };
  return { outcomes: { ...file, ...given } as NonNullable<PlanFields['outcomes']> };
}

function mergeGuardrails(
  file: NonNullable<PlanFields['guardrails']>,
  { tolerated, margin, slowOver, guardLabels, guardScores, changedLabels }: GivenOptions,
): NonNullable<PlanFields['guardrails']> {
  return {
    ...file,
    failures: {
      ...file.failures,
      ...(tolerated !== undefined && { tolerated }),
      ...(margin !== undefined && { margin }),
    },
    ...(slowOver !== undefined && { slow: { ...file.slow, overMs: slowOver } }),
    ...(guardLabels === true && { labels: { ...file.labels } }),
    ...(guardScores !== undefined && {
      labels: { ...file.labels, edges: guardScores === true ? DECILES : guardScores },
    }),
    ...(changedLabels !== undefined && { changedLabels: { max: changedLabels } }),
  };
}
