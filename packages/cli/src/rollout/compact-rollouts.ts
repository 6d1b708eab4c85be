import type { ObjectStore } from '@fairlead/registry';
import type { Compaction } from '@fairlead/rollout';

/** Options of {@link compactRollouts}. */
export interface CompactRolloutsOptions {
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
  /** True if only the numbers are wanted. */
  readonly dryRun: boolean;
  /** Called for a rollout whose counts can't be summed up. */
  readonly onError: (error: unknown) => void;
}

/** Sums up the counts of all rollouts of a registry, as gateways do that may remove objects. */
export async function compactRollouts(
  store: ObjectStore,
  { now, dryRun, onError }: CompactRolloutsOptions,
): Promise<Pick<Compaction, 'created' | 'removed'>> {
  const { compactCounts, RolloutLog } = await import('@fairlead/rollout');
  let [created, removed] = [0, 0];
  for (const { name: model, kind } of await store.list('rollouts')) {
    if (kind !== 'folder') continue;
    const log = new RolloutLog({ objects: store, model });
    for (const number of await log.numbers()) {
      try {
        const state = await log.read(number);
        if (state === undefined) continue;
        const found = await compactCounts({ objects: store, state, now, dryRun });
        created += found.created;
        removed += found.removed;
      } catch (error) {
        onError(error);
      }
    }
  }
  return { created, removed };
}
