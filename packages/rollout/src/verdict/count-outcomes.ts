import { BASELINE, CANDIDATE } from '../assignment/variants.ts';
import type { FirstOutcome } from '../counts/outcome-sample.ts';
import { isBefore } from '../counts/outcome-sample.ts';
import { CHANGING, MAX_USERS } from '../counts/outcome-counts.ts';
import type { StepCounts } from '../counts/step-counts.ts';
import type { OutcomeMetric, RolloutPlan } from '../plan/rollout-plan.ts';
import type { OutcomeStep } from '../statistics/compare-means.ts';
import type { OutcomeSums } from '../statistics/outcome-sums.ts';

/** Users of both variants by step of the plan, each in the first one, and of a metric those with an outcome too. */
export interface MetricTotals {
  readonly name: string;
  /** Sums of the outcomes as the type of the metric counts them. */
  readonly steps: readonly OutcomeStep[];
  /** Sum of the cubes of the outcomes of all users: it shows how skewed they are. */
  readonly sumCubes: number;
  /** Users with an outcome by variant. */
  readonly reported: readonly { readonly candidate: number; readonly baseline: number }[];
}

/** Outcomes of an A/B test. */
export interface OutcomeTotals {
  /** Users by step, each in the first one. */
  readonly users: readonly {
    readonly step: number;
    readonly candidate: number;
    readonly baseline: number;
  }[];
  readonly metrics: readonly MetricTotals[];
  /** Every 2^level-th user was counted. */
  readonly level: number;
  /** The level that was known from the plan, before any outcome. */
  readonly plannedLevel: number;
}

const VARIANTS = [CANDIDATE, BASELINE] as const;
/** Users are counted by chance, and a plan is an expectation. */
const RESERVE = 1.1;

/**
 * Joins users and outcomes by the hashes of their keys. Outcomes of keys that never got an answer in the test don't count.
 *
 * A user belongs to the first step in which one of the variants answered. Users who came before their variant changed aren't compared, neither before nor after
 * the change: they are left out from the beginning, by their hash, which no outcome depends on.
 */
export function countOutcomes(plan: RolloutPlan, steps: readonly StepCounts[]): OutcomeTotals {
  const { metrics = [] } = plan.outcomes ?? {};
  const plannedLevel = planLevel(plan);
  const samples = steps.flatMap(({ outcomes }) =>
    outcomes === undefined ? [] : [...outcomes.users.values(), ...outcomes.metrics.values()],
  );
  const level = Math.max(plannedLevel, ...samples.map((sample) => sample.level));
  const seen = new Set<number>();
  const users = steps.map(({ step, outcomes }) => {
    const [candidate, baseline] = VARIANTS.map((variant) => {
      const hashes = [...(outcomes?.users.get(variant)?.hashes(level) ?? [])];
      return hashes.filter((hash) => !seen.has(hash));
    }) as [number[], number[]];
    // A user who changes isn't a new user of the next step.
    const changing = outcomes?.users.get(CHANGING)?.hashes(level) ?? [];
    for (const hash of [...candidate, ...baseline, ...changing]) seen.add(hash);
    return { step, candidate, baseline };
  });
  return {
    users: users.map(({ step, candidate, baseline }) => ({
      step,
      candidate: candidate.length,
      baseline: baseline.length,
    })),
    metrics: metrics.map((metric) => {
      const outcomes = firstOutcomes(steps, metric.name);
      const sums = users.map(({ candidate, baseline }) => ({
        candidate: sumOf(metric, candidate, outcomes),
        baseline: sumOf(metric, baseline, outcomes),
      }));
      return {
        name: metric.name,
        steps: sums.map(({ candidate, baseline }) => ({
          candidate: candidate.sums,
          baseline: baseline.sums,
        })),
        sumCubes: sums.reduce(
          (sum, { candidate, baseline }) => sum + candidate.cubes + baseline.cubes,
          0,
        ),
        reported: sums.map(({ candidate, baseline }) => ({
          candidate: candidate.reported,
          baseline: baseline.reported,
        })),
      };
    }),
    level,
    plannedLevel,
  };
}

/**
 * Share of the candidate among the users of a step that an A/B test counts: those who keep their variant in all steps of the plan.
 */
export function countedShare({ steps }: RolloutPlan, step: number): number {
  const [share = 0.5, last = 0.5] = [steps[step]?.share, steps.at(-1)?.share];
  return share / (share + 1 - last);
}

/** The level at which all planned users fit into the counts, also if they all come in one step. */
function planLevel({ steps, outcomes }: RolloutPlan): number {
  const last = steps.at(-1)?.share ?? 0.5;
  const largest = Math.max(last, 1 - last) * (outcomes?.users ?? 0) * RESERVE;
  return Math.max(0, Math.ceil(Math.log2(largest / MAX_USERS)));
}

function firstOutcomes(
  steps: readonly StepCounts[],
  metric: string,
): ReadonlyMap<number, FirstOutcome> {
  const first = new Map<number, FirstOutcome>();
  for (const { outcomes } of steps) {
    for (const [hash, outcome] of outcomes?.metrics.get(metric)?.outcomes ?? []) {
      const known = first.get(hash);
      if (known === undefined || isBefore(outcome, known)) first.set(hash, outcome);
    }
  }
  return first;
}

function sumOf(
  { type }: OutcomeMetric,
  users: readonly number[],
  outcomes: ReadonlyMap<number, FirstOutcome>,
): { readonly sums: OutcomeSums; readonly cubes: number; readonly reported: number } {
  let [reported, sum, sumSquares, cubes] = [0, 0, 0, 0];
  for (const hash of users) {
    const outcome = outcomes.get(hash);
    if (outcome === undefined) continue;
    reported += 1;
    const value = type === 'conversion' ? Number(outcome.value > 0) : outcome.value;
    sum += value;
    sumSquares += value ** 2;
    cubes += value ** 3;
  }
  const counted = type === 'mean' ? reported : users.length;
  return { sums: { users: counted, sum, sumSquares }, cubes, reported };
}
