import type { ObjectStore } from '@fairlead/registry';
import type { AttemptEntry } from '@fairlead/retraining';
import type { ModelTimelineEntry } from '../rollout/rollout-timeline.ts';

/** A change of a model: of the registry, of a rollout, or of an attempt to retrain it. */
type CompleteTimelineEntry =
  | ModelTimelineEntry
  | (Omit<ModelTimelineEntry, 'source' | 'gates'> & {
      readonly gates?: undefined;
      readonly source: {
        readonly kind: 'retraining';
        readonly number: number;
        readonly record: AttemptEntry;
      };
    });

/** Adds the attempts to retrain a model to its timeline, by their times. */
export async function withAttempts(
  timeline: readonly ModelTimelineEntry[],
  store: ObjectStore,
  model: string,
): Promise<readonly CompleteTimelineEntry[]> {
  const { AttemptLog, attemptName, describeAttemptEntry } = await import('@fairlead/retraining');
  const attempts = await new AttemptLog({ objects: store, model }).all();
  const changes = attempts.flatMap((state): readonly CompleteTimelineEntry[] =>
    // The others are in the status of the attempt, and pushes and rollouts have their own entries.
    state.entries
      .filter(({ type }) => type === 'requested' || type === 'ended')
      .map((record) => ({
        at: new Date(record.at).toISOString(),
        actor: record.actor,
        what: `retraining ${attemptName(state)} ${describeAttemptEntry(record)}`,
        reason: record.reason,
        source: { kind: 'retraining', number: state.number, record },
      })),
  );
  return [...timeline, ...changes].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
