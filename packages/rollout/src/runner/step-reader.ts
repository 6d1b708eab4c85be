import { StepCounts } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import {
  beginOf,
  COMPLETE_MS,
  hoursOf,
  OBJECT,
  stepSumKey,
  type HourEntry,
  type RolloutPlace,
} from './counts-keys.ts';
import { loadSum, type CountsSum } from './counts-sum.ts';
import { DamagedCounts, loadCounts } from './load-counts.ts';

const PARALLEL = 16;
/** Hours that are older aren't looked at again, although objects may still come from a process whose clock is wrong. */
const CLOSED_MS = 86_400_000;

/** Options of a {@link StepReader}. */
export interface StepReaderOptions {
  readonly objects: RolloutObjects;
  readonly place: RolloutPlace;
  /** Folder of the step. */
  readonly folder: string;
  readonly onError: (error: unknown) => void;
}

/** Counts of an hour that may still grow, as far as they were read. */
class OpenHour {
  counts: StepCounts | undefined;
  /** Names of its sums that were read. */
  readonly sums = new Set<string>();
  /** Names of the objects that are in a sum. */
  readonly replaced = new Set<string>();
  /** True where a sum of an earlier version replaces all objects. */
  isReplaced = false;
  /** Names of the objects that were read. */
  readonly seen = new Set<string>();
  /** Time of the last change that this process has found. */
  changedAt = 0;

  add(counts: StepCounts): void {
    if (this.counts === undefined) this.counts = counts;
    else this.counts.merge(counts);
  }
}

/** Reads the counts of one step again and again: its sum, the sums of its hours, and objects that are in none of them. */
export class StepReader {
  readonly #options: StepReaderOptions;
  #sum: CountsSum | undefined;
  #hasSum = false;
  /** Counts of complete hours, whose objects aren't read again. */
  #done: StepCounts | undefined;
  readonly #complete = new Set<string>();
  readonly #open = new Map<string, OpenHour>();
  /** False where something was removed while it was read. */
  #isStable = true;

  constructor(options: StepReaderOptions) {
    this.#options = options;
  }

  /** True where the sum of the step was listed when it was read last. */
  get hasSum(): boolean {
    return this.#hasSum;
  }

  /** Returns the counts so far, as a new object; undefined without any. */
  total(): StepCounts | undefined {
    const open = Array.from(this.#open.values(), ({ counts }) => counts);
    const parts = [this.#sum?.counts, this.#done, ...open].filter((each) => each !== undefined);
    const [first] = parts;
    if (first === undefined) return undefined;
    const total = new StepCounts(first);
    for (const part of parts) total.merge(part);
    return total;
  }

  /** Reads what is new; resolves to false where the step was summed up at the same time, so that it has to be read again. */
  async read(now: number, hasSum: boolean): Promise<boolean> {
    this.#hasSum = hasSum;
    this.#isStable = true;
    if (hasSum && this.#sum === undefined) await this.#readSum();
    // A sum of an earlier version replaces everything.
    if (this.#sum !== undefined && this.#sum.replaces === undefined) return true;
    const known = new Set<string>();
    for (const entry of await this.#listHours()) {
      for (const sum of entry.sums) known.add(sum);
      if (!this.#complete.has(entry.hour)) await this.#readHour(entry, now);
    }
    for (const { hour, sums } of await this.#listHours()) {
      if (!this.#complete.has(hour) && !sums.every((sum) => known.has(sum))) return false;
    }
    return this.#isStable;
  }

  async #listHours(): Promise<readonly HourEntry[]> {
    return hoursOf(await this.#options.objects.list(this.#options.folder));
  }

  async #readSum(): Promise<void> {
    const sum = await this.#load(stepSumKey(this.#options.folder), loadSum);
    if (typeof sum === 'string') return;
    this.#sum = sum;
    this.#done = undefined;
    this.#complete.clear();
    this.#open.clear();
  }

  async #readHour(entry: HourEntry, now: number): Promise<void> {
    const { hour, sums } = entry;
    const known = this.#open.get(hour);
    // Objects that were read may be in a new sum: the hour is read afresh.
    const isSame = known !== undefined && sums.every((sum) => known.sums.has(sum));
    const state = isSame ? known : new OpenHour();
    if (!isSame) state.changedAt = now;
    let isWhole = await this.#readHourSums(entry, state);
    if (entry.hasFolder && !state.isReplaced) {
      const { size } = state.seen;
      isWhole = (await this.#readObjects(hour, state)) && isWhole;
      if (state.seen.size > size) state.changedAt = now;
    }
    // Complete counts aren't replaced by a part of them.
    if (isWhole || known === undefined) this.#open.set(hour, state);
    if (isWhole && isComplete(hour, state, now)) this.#finish(hour, state);
  }

  #finish(hour: string, { counts }: OpenHour): void {
    this.#open.delete(hour);
    this.#complete.add(hour);
    if (counts === undefined) return;
    if (this.#done === undefined) this.#done = counts;
    else this.#done.merge(counts);
  }

  /** Adds the sums of an hour; resolves to false where one can't be read. */
  async #readHourSums({ sums }: HourEntry, state: OpenHour): Promise<boolean> {
    let isWhole = true;
    for (const name of sums.filter((each) => !state.sums.has(each))) {
      const sum = await this.#load(`${this.#options.folder}/${name}.json`, loadSum);
      if (sum === 'absent') this.#isStable = false;
      if (sum === 'absent' || sum === 'failed') isWhole = false;
      else state.sums.add(name);
      if (typeof sum === 'string') continue;
      if (this.#sum?.replaces?.sums.has(name) !== true) state.add(sum.counts);
      state.isReplaced ||= sum.replaces === undefined;
      for (const names of sum.replaces?.objects.values() ?? []) {
        for (const each of names) state.replaced.add(each);
      }
    }
    return isWhole;
  }

  /** Adds the new objects of an hour; resolves to false where one can't be read, which is tried again. */
  async #readObjects(hour: string, state: OpenHour): Promise<boolean> {
    const { objects, folder } = this.#options;
    const inStep = this.#sum?.replaces?.objects.get(hour);
    const fresh = (await objects.list(`${folder}/${hour}`))
      .filter(({ name }) => OBJECT.test(name))
      .map(({ name }) => name.replace(OBJECT, ''))
      .filter((name) => !state.seen.has(name) && !state.replaced.has(name) && !inStep?.has(name));
    let isWhole = true;
    const add = async (name: string): Promise<void> => {
      const counts = await this.#load(`${folder}/${hour}/${name}.json`, loadCounts);
      if (counts === 'absent') this.#isStable = false;
      if (counts === 'absent' || counts === 'failed') isWhole = false;
      else state.seen.add(name);
      if (typeof counts !== 'string') state.add(counts);
    };
    for (let at = 0; at < fresh.length; at += PARALLEL) {
      await Promise.all(fresh.slice(at, at + PARALLEL).map(add));
    }
    return isWhole;
  }

  async #load<T>(
    key: string,
    load: (objects: RolloutObjects, place: RolloutPlace, key: string) => Promise<T | undefined>,
  ): Promise<T | 'absent' | 'failed' | 'damaged'> {
    const { objects, place, onError } = this.#options;
    try {
      return (await load(objects, place, key)) ?? 'absent';
    } catch (error) {
      onError(error);
      return error instanceof DamagedCounts ? 'damaged' : 'failed';
    }
  }
}

/** Returns whether nothing more is expected of an hour: its time is over, and this process has found nothing new for as long, since clocks may be wrong by hours. */
function isComplete(hour: string, { changedAt }: OpenHour, now: number): boolean {
  const age = now - beginOf(hour);
  return age > CLOSED_MS || (age > COMPLETE_MS && now - changedAt >= COMPLETE_MS);
}
