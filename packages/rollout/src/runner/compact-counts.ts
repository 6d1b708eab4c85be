import type { StepCounts } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import type { RolloutState } from '../state/rollout-state.ts';
import { beginOf, COMPLETE_MS, countsFolder, HOUR, OBJECT, STEP, sumKey } from './counts-keys.ts';
import { encodeCounts, loadCounts } from './load-counts.ts';

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
  /** Objects that were created: one for each finished hour, or for each step of a rollout that has ended. */
  readonly created: number;
  /** Objects that are in these, and were removed. */
  readonly removed: number;
  /** True where nothing is left for a later call: the rollout has ended, and each step is summed up. */
  readonly isFinal: boolean;
}

/**
 * Sums up the counts of a rollout, exactly: those of each hour three hours after its begin, and those of each step three hours after the end of the rollout. What is in a sum is
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
  const isEnded = now - endedAt > COMPACT_MS;
  let [created, removed, isFinal] = [0, 0, isEnded];
  for (const step of await listSteps(objects, folder)) {
    const hours = await listHours(objects, step.folder);
    const done = isEnded
      ? [await compactStep(options, step, hours)]
      : await compactHours(options, hours);
    for (const each of done) {
      created += each.created;
      removed += each.removed;
      isFinal &&= each.isDone;
    }
  }
  return { created, removed, isFinal };
}

interface Done {
  readonly created: number;
  readonly removed: number;
  readonly isDone: boolean;
}

/** A step with counts. */
interface Step {
  readonly folder: string;
  readonly isSummed: boolean;
}

/** An hour of a step. */
interface Hour {
  readonly folder: string;
  /** Keys of its objects. */
  readonly keys: readonly string[];
  /** Key of their sum, where it exists. */
  readonly sum: string | undefined;
}

async function listSteps(objects: RolloutObjects, folder: string): Promise<readonly Step[]> {
  const entries = await objects.list(folder);
  const names = new Set(entries.map(({ name }) => name.replace(OBJECT, '')));
  return [...names]
    .filter((name) => STEP.test(name))
    .map((name) => ({
      folder: `${folder}/${name}`,
      isSummed: entries.some((entry) => entry.name === `${name}.json`),
    }));
}

async function listHours(objects: RolloutObjects, step: string): Promise<readonly Hour[]> {
  const hours: Pick<Hour, 'folder' | 'keys'>[] = [];
  const entries = await objects.list(step);
  const names = new Set(entries.map(({ name }) => name.replace(OBJECT, '')));
  for (const name of [...names].filter((each) => HOUR.test(each))) {
    const folder = `${step}/${name}`;
    const isFolder = entries.some((entry) => entry.name === name && entry.kind === 'folder');
    const found = isFolder ? await objects.list(folder) : [];
    const keys = found
      .filter((each) => OBJECT.test(each.name))
      .map((each) => `${folder}/${each.name}`);
    hours.push({ folder, keys });
  }
  // After the objects were listed: where another process had removed some of them, their sum exists by now.
  const sums = new Set((await objects.list(step)).map(({ name }) => `${step}/${name}`));
  return hours.map(({ folder, keys }) => {
    const sum = sumKey(folder);
    return { folder, keys, sum: sums.has(sum) ? sum : undefined };
  });
}

async function compactHours(
  options: CompactCountsOptions,
  hours: readonly Hour[],
): Promise<readonly Done[]> {
  const done: Done[] = [];
  for (const hour of hours) {
    const isOld = options.now - beginOf(hour.folder) > COMPACT_MS;
    if (!isOld || hour.keys.length === 0) continue;
    let created = 0;
    if (hour.sum === undefined) {
      const sum = await sumHour(options, hour);
      if (sum === undefined) continue;
      created = await create(options, sumKey(hour.folder), sum);
    }
    done.push({ created, removed: await removeAll(options, hour.keys), isDone: true });
  }
  return done;
}

async function compactStep(
  options: CompactCountsOptions,
  step: Step,
  hours: readonly Hour[],
): Promise<Done> {
  let created = 0;
  if (!step.isSummed) {
    let total: StepCounts | undefined;
    for (const hour of hours.filter(({ keys, sum }) => sum !== undefined || keys.length > 0)) {
      const counts = await sumHour(options, hour);
      // Another process was faster, and removes what it has summed up.
      if (counts === undefined) return { created: 0, removed: 0, isDone: false };
      if (total === undefined) total = counts;
      else total.merge(counts);
    }
    if (total === undefined) return { created: 0, removed: 0, isDone: true };
    created = await create(options, sumKey(step.folder), total);
  }
  const keys = hours.flatMap(({ keys: each, sum }) => (sum === undefined ? each : [...each, sum]));
  return { created, removed: await removeAll(options, keys), isDone: true };
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

async function create(
  { objects, dryRun = false }: CompactCountsOptions,
  key: string,
  counts: StepCounts,
): Promise<number> {
  return dryRun || (await objects.create(key, encodeCounts(counts))) ? 1 : 0;
}

async function removeAll(
  { objects, dryRun = false }: CompactCountsOptions,
  keys: readonly string[],
): Promise<number> {
  if (dryRun) return keys.length;
  const remove = objects.remove?.bind(objects);
  if (remove === undefined) return 0;
  for (let at = 0; at < keys.length; at += PARALLEL) {
    await Promise.all(keys.slice(at, at + PARALLEL).map(remove));
  }
  return keys.length;
}
