import type { StepCounts } from '../counts/step-counts.ts';
import type { CompactCountsOptions, Done } from './compact-counts.ts';
import { compactHour, loadHourSums, removeAll, replacedNames } from './compact-hour.ts';
import {
  beginOf,
  hoursOf,
  hourSumName,
  OBJECT,
  stepSumKey,
  type HourEntry,
} from './counts-keys.ts';
import { encodeSum, loadSum, type ReplacedObjects } from './counts-sum.ts';

/** The sum of a step names the objects of the last hours too: one of which the answer was lost may be created again, after it was removed. */
const NAMED_MS = 6 * 3_600_000;

/**
 * Sums up a step of a rollout that has ended: its hours first, then their sums. The objects of an hour are removed before its sum, so that an object that is left when its
 * sum was removed is one that came later.
 *
 * @throws what the store throws, and DamagedCounts: the hour of the object stays as it is
 */
export async function compactStep(
  options: CompactCountsOptions,
  step: string,
  endedAt: number,
): Promise<Done> {
  const { objects, state, dryRun = false } = options;
  const sum = await loadSum(objects, state, stepSumKey(step));
  const hours = hoursOf(await objects.list(step));
  if (sum !== undefined) {
    const removed = await clean(options, step, hours, sum.replaces);
    return { created: 0, removed, isDone: true };
  }
  if (hours.length === 0) return { created: 0, removed: 0, isDone: true };
  if (dryRun) return { created: 1, removed: await countAll(options, step, hours), isDone: true };
  let removed = 0;
  for (const { hour } of hours.filter(({ hasFolder }) => hasFolder)) {
    const done = await compactHour(options, step, hour, 1);
    if (!done.isDone) return { created: 0, removed, isDone: false };
    removed += done.removed;
  }
  const created = await createSum(options, step, hours, endedAt);
  if (created === undefined) return { created: 0, removed, isDone: false };
  const left = hoursOf(await objects.list(step));
  const before = hours.reduce((count, { sums }) => count + sums.length, 0);
  await clean(options, step, left, created);
  return { created: 1, removed: removed + before, isDone: true };
}

/** Creates the sum of a step from those of its hours; undefined where another process was faster. */
async function createSum(
  options: CompactCountsOptions,
  step: string,
  hours: readonly HourEntry[],
  endedAt: number,
): Promise<ReplacedObjects | undefined> {
  let total: StepCounts | undefined;
  const sums = new Set<string>();
  const objects = new Map<string, ReadonlySet<string>>();
  for (const { hour } of hours) {
    const found = await loadHourSums(options, step, hour);
    for (const [index, { counts }] of found.entries()) {
      sums.add(hourSumName(hour, index + 1));
      if (total === undefined) total = counts;
      else total.merge(counts);
    }
    if (endedAt - beginOf(hour) < NAMED_MS) objects.set(hour, replacedNames(found, hour, []));
  }
  if (total === undefined) return undefined;
  const replaces = { sums, objects };
  const isCreated = await options.objects.create(stepSumKey(step), encodeSum(total, replaces));
  return isCreated ? replaces : undefined;
}

/** Removes what the sum of a step replaces: everything where it is of an earlier version. */
async function clean(
  options: CompactCountsOptions,
  step: string,
  hours: readonly HourEntry[],
  replaces: ReplacedObjects | undefined,
): Promise<number> {
  let removed = 0;
  for (const { hour, hasFolder, sums } of hours) {
    const known = sums.filter((sum) => replaces?.sums.has(sum) !== false);
    const names = hasFolder ? await namesOf(options, step, hour) : [];
    const inStep = replaces === undefined ? names : (replaces.objects.get(hour) ?? []);
    const ofHour = names.length === 0 ? [] : await loadHourSums(options, step, hour);
    const replaced = new Set([...inStep, ...replacedNames(ofHour, hour, names)]);
    const keys = names.filter((name) => replaced.has(name));
    removed += await removeAll(
      options,
      keys.map((name) => `${step}/${hour}/${name}.json`),
    );
    removed += await removeAll(
      options,
      known.map((sum) => `${step}/${sum}.json`),
    );
  }
  return removed;
}

async function countAll(
  options: CompactCountsOptions,
  step: string,
  hours: readonly HourEntry[],
): Promise<number> {
  let count = 0;
  for (const { hour, hasFolder, sums } of hours) {
    count += sums.length + (hasFolder ? (await namesOf(options, step, hour)).length : 0);
  }
  return count;
}

async function namesOf(
  { objects }: CompactCountsOptions,
  step: string,
  hour: string,
): Promise<readonly string[]> {
  const entries = await objects.list(`${step}/${hour}`);
  return entries
    .filter(({ name }) => OBJECT.test(name))
    .map(({ name }) => name.replace(OBJECT, ''));
}
