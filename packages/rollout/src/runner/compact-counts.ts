import type { RolloutObjects } from '../state/rollout-objects.ts';
import type { RolloutState } from '../state/rollout-state.ts';
import { compactHour } from './compact-hour.ts';
import { compactStep } from './compact-step.ts';
import { beginOf, COMPLETE_MS, countsFolder, hoursOf, OBJECT, STEP } from './counts-keys.ts';

/** Counts are summed up some time after readers take them for complete: clocks differ. */
const COMPACT_MS = COMPLETE_MS + 3_600_000;
/** Objects that came after the sum of their hour are summed up if there are so many. */
const MIN_LATE = 16;

/** Options of {@link compactCounts}. */
export interface CompactCountsOptions {
  /** Store of the rollouts; without `remove`, sums are created and nothing is removed. */
  readonly objects: RolloutObjects;
  readonly state: RolloutState;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
  /**
   * Create and remove nothing, and report what would be.
   * @defaultValue false
   */
  readonly dryRun?: boolean | undefined;
}

/** Result of {@link compactCounts}. */
export interface Compaction {
  /** Objects that were created: one for each finished hour, or for each step of a rollout that has ended. */
  readonly created: number;
  /** Objects that are in these, and were removed. */
  readonly removed: number;
  /** True where nothing is left for a later call: the rollout has ended, and each step is summed up. */
  readonly isFinal: boolean;
}

/**
 * Sums up the counts of a rollout, exactly: those of each hour three hours after its begin, and those of each step three hours after the end of the rollout. A sum names the
 * objects that it replaces, which are removed after it was created, and a reader counts all others besides it: a process that is killed at any moment, several at the
 * same time, and one whose clock is ahead change no result.
 *
 * @throws what the store throws, and an error naming an object that is damaged: its hour stays as it is
 *
 * @example
 * ```ts
 * import { compactCounts, readPlan } from '@fairlead/rollout';
 *
 * const objects = { create: async () => true, read: async () => undefined, list: async () => [] };
 * const plan = readPlan({ baseline: '3', candidate: '4' });
 * const place = { model: 'churn', number: 4, status: 'running', step: 0, promoting: false } as const;
 * const state = { ...place, plan, startedAt: 0, stepStartedAt: 0, entries: [] };
 * console.log(await compactCounts({ objects, state, now: Date.now() })); // { created: 0, removed: 0, isFinal: false }
 * ```
 */
export async function compactCounts(options: CompactCountsOptions): Promise<Compaction> {
  const { objects, state, now } = options;
  const folder = countsFolder(state);
  const endedAt = state.status === 'ended' ? (state.entries.at(-1)?.at ?? now) : now;
  const isEnded = now - endedAt > COMPACT_MS;
  let [created, removed, isFinal] = [0, 0, isEnded];
  const names = (await objects.list(folder)).map(({ name }) => name.replace(OBJECT, ''));
  for (const name of new Set(names.filter((each) => STEP.test(each)))) {
    const step = `${folder}/${name}`;
    const done = isEnded
      ? [await compactStep(options, step, endedAt)]
      : await compactHours(options, step);
    for (const each of done) {
      created += each.created;
      removed += each.removed;
      isFinal &&= each.isDone;
    }
  }
  return { created, removed, isFinal };
}

/** Result for an hour or step. */
export interface Done {
  readonly created: number;
  readonly removed: number;
  /** False where another process was faster, and removes what it has summed up. */
  readonly isDone: boolean;
}

async function compactHours(options: CompactCountsOptions, step: string): Promise<readonly Done[]> {
  const done: Done[] = [];
  for (const { hour, hasFolder, sums } of hoursOf(await options.objects.list(step))) {
    if (!hasFolder || options.now - beginOf(hour) <= COMPACT_MS) continue;
    // Nothing more can be done.
    if (sums.length > 0 && options.objects.remove === undefined) continue;
    done.push(await compactHour(options, step, hour, MIN_LATE));
  }
  return done;
}
