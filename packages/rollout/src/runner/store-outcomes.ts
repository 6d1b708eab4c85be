import { KnownUsers } from '../counts/known-users.ts';
import { StepCounts } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import { rolloutName, type RolloutState } from '../state/rollout-state.ts';
import {
  acceptOutcomes,
  isStored,
  uncountedOutcomes,
  type AddedOutcomes,
  type RolloutOutcome,
} from './accept-outcomes.ts';
import { CountsNames } from './counts-names.ts';
import { CountsReader } from './counts-reader.ts';

/** Options of {@link storeOutcomes}. */
export interface StoreOutcomesOptions {
  readonly objects: RolloutObjects;
  /** Name of this writer, of letters, digits and `-`, that no other one has. */
  readonly writer: string;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
  /**
   * Store nothing.
   * @defaultValue false
   */
  readonly dryRun?: boolean | undefined;
}

/**
 * Stores outcomes of users for the A/B test of a model that runs, as a process that answers requests does; returns how many count, and why others don't. To store them again
 * changes nothing, since the first outcome of each user and metric counts.
 *
 * Outcomes of users without an answer in the test are left out, so that a file with all users of a service doesn't make the test a sample. Answers are known about a
 * minute later: outcomes that are newer can be stored again then.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` for a value that isn't finite, or beyond 10¹⁵; and what the store throws
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
 * const added = await storeOutcomes(state, [outcome], { objects, writer: 'ada-1', now: 60_000 });
 * console.log(added.counted, added.uncounted); // 0 [ { reason: 'unknown_user', outcomes: 1 } ]
 * ```
 */
export async function storeOutcomes(
  state: RolloutState,
  outcomes: readonly RolloutOutcome[],
  options: StoreOutcomesOptions,
): Promise<AddedOutcomes> {
  const { objects, writer, now, dryRun = false } = options;
  const { own, uncounted } = acceptOutcomes(state, outcomes);
  const users = own.length === 0 ? undefined : await readUsers(state, options);
  const counts = new StepCounts({ rollout: rolloutName(state), step: state.step });
  let [counted, stored] = [0, 0];
  for (const outcome of own) {
    const user = users?.find(counts.keyHash(outcome.key)) ?? 'known';
    if (user !== 'unknown') counted += 1;
    if (user !== 'known' || !isStored(state, outcome)) continue;
    counts.addOutcome(outcome);
    stored += 1;
  }
  if (stored > 0 && !dryRun) {
    const { key, body } = new CountsNames(writer).objectOf(state, counts, now);
    await objects.create(key, body);
  }
  const unknown = uncountedOutcomes('unknown_user', own.length - counted);
  return { counted, waiting: 0, uncounted: [...uncounted, ...unknown] };
}

/** Reads the users of the fleet; undefined where some of the counts can't be read, so that no outcome is lost. */
async function readUsers(
  state: RolloutState,
  { objects, now }: StoreOutcomesOptions,
): Promise<KnownUsers | undefined> {
  const errors: unknown[] = [];
  const reader = new CountsReader(objects, state, (error) => errors.push(error));
  const counts = await reader.read(now);
  return errors.length === 0 ? new KnownUsers(counts) : undefined;
}
