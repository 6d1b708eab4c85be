import { StepCounts } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import type { RolloutState } from '../state/rollout-state.ts';
import {
  beginOf,
  COMPLETE_MS,
  countsFolder,
  HOUR,
  OBJECT,
  STEP,
  sumKey,
  totalKey,
} from './counts-keys.ts';
import { encodeCounts, encodeTotal, loadCounts, loadTotal } from './load-counts.ts';

const PARALLEL = 16;
/** Counts are summed up some time after readers take them for complete: clocks differ. */
const COMPACT_MS = COMPLETE_MS + 3_600_000;

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
  /** Objects that were created: one for each finished hour and step, or one for the rollout. */
  readonly created: number;
  /** Objects that are in these, and were removed. */
  readonly removed: number;
  /** True where nothing is left for a later call: the rollout has ended, and one object has all its counts. */
  readonly isFinal: boolean;
}

/**
 * Sums up the counts of a rollout, exactly: those of each hour three hours after its begin, and all of them three hours after the end of the rollout. What is in a sum is
 * removed after the sum was created, and a reader prefers the sum: a process that is killed at any moment, and several at the same time, change no result.
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
  const hours = await listHours(objects, folder);
  const total = await loadTotal(objects, state);
  if (total === undefined && now - endedAt <= COMPACT_MS) {
    let [created, removed] = [0, 0];
    for (const hour of hours) {
      if (now - beginOf(hour.folder) <= COMPACT_MS || hour.keys.length === 0) continue;
      const done = await compactHour(options, hour);
      created += done.created;
      removed += done.removed;
    }
    return { created, removed, isFinal: false };
  }
  const keys = hours.flatMap((hour) => [
    ...hour.keys,
    ...(hour.sum === undefined ? [] : [hour.sum]),
  ]);
  let created = 0;
  if (total === undefined) {
    const steps = await sumAll(options, hours);
    // Another process was faster, and removes what it has summed up.
    if (steps === undefined) return { created: 0, removed: 0, isFinal: false };
    created = await create(options, totalKey(state), encodeTotal(steps));
  }
  return { created, removed: await removeAll(options, keys), isFinal: true };
}

/** An hour of a step. */
interface Hour {
  readonly folder: string;
  /** Keys of its objects. */
  readonly keys: readonly string[];
  /** Key of their sum, where it exists. */
  readonly sum: string | undefined;
}

async function listHours(objects: RolloutObjects, folder: string): Promise<readonly Hour[]> {
  const hours: Hour[] = [];
  for (const step of await objects.list(folder)) {
    if (step.kind !== 'folder' || !STEP.test(step.name)) continue;
    const entries = await objects.list(`${folder}/${step.name}`);
    const names = new Set(entries.map(({ name }) => name.replace(OBJECT, '')));
    for (const name of [...names].filter((each) => HOUR.test(each))) {
      const hour = `${folder}/${step.name}/${name}`;
      const isFolder = entries.some((entry) => entry.name === name && entry.kind === 'folder');
      const found = isFolder ? await objects.list(hour) : [];
      const keys = found
        .filter((each) => OBJECT.test(each.name))
        .map((each) => `${hour}/${each.name}`);
      const isSummed = entries.some(
        (entry) => `${folder}/${step.name}/${entry.name}` === sumKey(hour),
      );
      hours.push({ folder: hour, keys, sum: isSummed ? sumKey(hour) : undefined });
    }
  }
  return hours;
}

async function compactHour(
  options: CompactCountsOptions,
  hour: Hour,
): Promise<Pick<Compaction, 'created' | 'removed'>> {
  let created = 0;
  if (hour.sum === undefined) {
    const sum = await sumHour(options, hour);
    if (sum === undefined) return { created: 0, removed: 0 };
    created = await create(options, sumKey(hour.folder), encodeCounts(sum));
  }
  return { created, removed: await removeAll(options, hour.keys) };
}

/** Adds up the counts of an hour; undefined where an object was removed at the same time. */
async function sumHour(
  { objects, state }: CompactCountsOptions,
  { keys, sum }: Hour,
): Promise<StepCounts | undefined> {
  if (sum !== undefined) return loadCounts(objects, state, sum);
  let total: StepCounts | undefined;
  for (let at = 0; at < keys.length; at += PARALLEL) {
    const some = keys.slice(at, at + PARALLEL);
    for (const counts of await Promise.all(some.map((key) => loadCounts(objects, state, key)))) {
      if (counts === undefined) return undefined;
      if (total === undefined) total = counts;
      else total.merge(counts);
    }
  }
  return total;
}

async function sumAll(
  options: CompactCountsOptions,
  hours: readonly Hour[],
): Promise<readonly StepCounts[] | undefined> {
  const steps = new Map<number, StepCounts>();
  for (const hour of hours.filter(({ keys, sum }) => sum !== undefined || keys.length > 0)) {
    const counts = await sumHour(options, hour);
    if (counts === undefined) return undefined;
    const known = steps.get(counts.step);
    if (known === undefined) steps.set(counts.step, counts);
    else known.merge(counts);
  }
  return [...steps.values()];
}

async function create(
  { objects, dryRun = false }: CompactCountsOptions,
  key: string,
  body: Uint8Array,
): Promise<number> {
  return dryRun || (await objects.create(key, body)) ? 1 : 0;
}

async function removeAll(
  { objects, dryRun = false }: CompactCountsOptions,
  keys: readonly string[],
): Promise<number> {
  if (dryRun) return keys.length;
  if (objects.remove === undefined) return 0;
  for (let at = 0; at < keys.length; at += PARALLEL) {
    await Promise.all(keys.slice(at, at + PARALLEL).map((key) => objects.remove?.(key)));
  }
  return keys.length;
}
