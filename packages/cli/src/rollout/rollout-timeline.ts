import type { ObjectStore, TimelineEntry } from '@fairlead/registry';
import type { RolloutEntry, RolloutState } from '@fairlead/rollout';

/** A change of a model: of the registry, or of a rollout. */
export type ModelTimelineEntry =
  | TimelineEntry
  | (Omit<TimelineEntry, 'source' | 'gates'> & {
      readonly gates?: undefined;
      readonly source: {
        readonly kind: 'rollout';
        readonly number: number;
        readonly record: RolloutEntry;
      };
    });

/** Adds the rollouts of a model to its timeline, by their times. */
export async function withRollouts(
  timeline: readonly TimelineEntry[],
  store: ObjectStore,
  model: string,
): Promise<readonly ModelTimelineEntry[]> {
  const { RolloutLog } = await import('@fairlead/rollout');
  const rollouts = await new RolloutLog({ objects: store, model }).all();
  const changes = rollouts.flatMap((state) =>
    // The others are in the status of the rollout.
    state.entries
      .filter(({ type }) => type !== 'verdict' && type !== 'promoting')
      .map((entry) => describe(state, entry)),
  );
  return [...timeline, ...changes].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function describe({ model, number, plan }: RolloutState, record: RolloutEntry): ModelTimelineEntry {
  const change =
    record.type === 'ended'
      ? record.result
      : record.type === 'step'
        ? `began step ${record.step + 1} of ${plan.steps.length}`
        : record.type;
  return {
    at: new Date(record.at).toISOString(),
    actor: record.actor,
    what: `rollout ${model}-${number} of version ${plan.candidate} ${change}`,
    reason: record.reason,
    version: Number(plan.candidate),
    source: { kind: 'rollout', number, record },
  };
}
