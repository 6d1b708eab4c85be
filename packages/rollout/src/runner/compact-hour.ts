import type { StepCounts } from '../counts/step-counts.ts';
import type { CompactCountsOptions, Done } from './compact-counts.ts';
import { hourSumName, OBJECT } from './counts-keys.ts';
import { encodeSum, loadSum, type CountsSum } from './counts-sum.ts';
import { loadCounts } from './load-counts.ts';

const PARALLEL = 16;

/**
 * Sums up the objects of an hour that are in no sum yet, if there are enough of them besides a sum, and removes those that are in one.
 *
 * Sums of an hour are numbered, and each is created by a process that has read those before it, so that no object is in two of them.
 *
 * @throws what the store throws, and DamagedCounts: the hour stays as it is
 */
export async function compactHour(
  options: CompactCountsOptions,
  step: string,
  hour: string,
  minLate: number,
): Promise<Done> {
  const { objects, dryRun = false } = options;
  const names = (await objects.list(`${step}/${hour}`))
    .filter(({ name }) => OBJECT.test(name))
    .map(({ name }) => name.replace(OBJECT, ''));
  if (names.length === 0) return { created: 0, removed: 0, isDone: true };
  // After the objects were listed: where another process had removed some of them, their sum exists by now.
  const sums = await loadHourSums(options, step, hour);
  const replaced = replacedNames(sums, hour, names);
  const late = names.filter((name) => !replaced.has(name));
  let created = 0;
  if (late.length >= (sums.length === 0 ? 1 : minLate)) {
    const counts = await addUp(
      options,
      late.map((name) => `${step}/${hour}/${name}.json`),
    );
    if (counts === undefined) return { created: 0, removed: 0, isDone: false };
    const key = `${step}/${hourSumName(hour, sums.length + 1)}.json`;
    const body = encodeSum(counts, { sums: new Set(), objects: new Map([[hour, new Set(late)]]) });
    // Another process was faster, with other objects perhaps.
    if (!dryRun && !(await objects.create(key, body)))
      return { created, removed: 0, isDone: false };
    created = 1;
    for (const name of late) replaced.add(name);
  }
  const keys = names
    .filter((name) => replaced.has(name))
    .map((name) => `${step}/${hour}/${name}.json`);
  return { created, removed: await removeAll(options, keys), isDone: true };
}

/** Reads the sums of an hour, in the order of their numbers. */
export async function loadHourSums(
  { objects, state }: CompactCountsOptions,
  step: string,
  hour: string,
): Promise<readonly CountsSum[]> {
  const sums: CountsSum[] = [];
  for (;;) {
    const key = `${step}/${hourSumName(hour, sums.length + 1)}.json`;
    const sum = await loadSum(objects, state, key);
    if (sum === undefined) return sums;
    sums.push(sum);
  }
}

/** Returns the names of the objects of an hour that are in a sum: of an earlier version, all that there are. */
export function replacedNames(
  sums: readonly CountsSum[],
  hour: string,
  names: readonly string[],
): Set<string> {
  return new Set(
    sums.flatMap(({ replaces }) => [...(replaces?.objects.get(hour) ?? (replaces ? [] : names))]),
  );
}

/** Adds up objects of counts; undefined where one was removed at the same time. */
async function addUp(
  { objects, state }: CompactCountsOptions,
  keys: readonly string[],
): Promise<StepCounts | undefined> {
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

/** Removes objects; returns how many. */
export async function removeAll(
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
