import type { ObjectStore } from '@fairlead/registry';

/** Versions that a rollout of a model needs, while it isn't ended: the baseline and the candidate. */
export async function versionsInRollout(
  store: ObjectStore,
  model: string,
): Promise<readonly number[]> {
  const { RolloutLog } = await import('@fairlead/rollout');
  const state = await new RolloutLog({ objects: store, model }).latest();
  if (state === undefined || state.status === 'ended') return [];
  return [state.plan.baseline, state.plan.candidate].map(Number);
}
