import { StepCounts } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import { rolloutName, type RolloutState } from '../state/rollout-state.ts';
import { acceptOutcomes, type RolloutOutcome } from './accept-outcomes.ts';
import { CountsNames } from './counts-store.ts';

/** Options of {@link storeOutcomes}. */
export interface StoreOutcomesOptions {
  readonly objects: RolloutObjects;
  /** Name of this writer, of letters, digits and `-`, that no other one has. */
  readonly writer: string;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Stores outcomes of users for the A/B test of a model that runs, as a process that answers requests does; returns how many belong to the test. To store them again changes
 * nothing, since the first outcome of each user and metric counts.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a value that isn't finite, or beyond 10¹⁵
 *
 * @example
 * ```ts
 * import { readPlan, storeOutcomes } from '@fairlead/rollout';
 *
 * const outcomes = { users: 20_000, metrics: [{ name: 'conversion' }] };
 * const plan = readPlan({ kind: 'experiment', baseline: '3', candidate: '4', outcomes });
 * const place = { model: 'churn', number: 4, status: 'running', step: 0, promoting: false } as const;
 * const state = { ...place, plan, startedAt: 0, stepStartedAt: 0, entries: [] };
 * const objects = { create: async () => true, read: async () => undefined, list: async () => [] };
 * const outcome = { key: 'user-7', metric: 'conversion', value: 1, at: 60_000 };
 * console.log(await storeOutcomes(state, [outcome], { objects, writer: 'ada-1', now: 60_000 })); // 1
 * ```
 */
export async function storeOutcomes(
  state: RolloutState,
  outcomes: readonly RolloutOutcome[],
  { objects, writer, now }: StoreOutcomesOptions,
): Promise<number> {
  const { counted, stored } = acceptOutcomes(state, outcomes);
  if (stored.length === 0) return counted;
  const counts = new StepCounts({ rollout: rolloutName(state), step: state.step });
  for (const outcome of stored) counts.addOutcome(outcome);
  const { key, body } = new CountsNames(writer).objectOf(state, counts, now);
  await objects.create(key, body);
  return counted;
}
