import type { StepCounts } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import {
  beginOf,
  COMPLETE_MS,
  countsFolder,
  HOUR,
  OBJECT,
  STEP,
  sumKey,
  type RolloutPlace,
} from './counts-keys.ts';
import { DamagedCounts, encodeCounts, loadCounts } from './load-counts.ts';

const PARALLEL = 16;

/** Counts under their key, which an attempt that is repeated uses again: an answer that was lost doesn't count them twice. */
export interface CountsObject {
  readonly key: string;
  readonly body: Uint8Array;
}

/** Names what one process has counted; each object holds what is new since the one before. */
export class CountsNames {
  readonly #writer: string;
  #sequence = 0;

  /** @param writer - a name that no other process has, of letters and digits */
  constructor(writer: string) {
    this.#writer = writer;
  }

  objectOf(place: RolloutPlace, counts: StepCounts, now: number): CountsObject {
    const time = new Date(now).toISOString();
    this.#sequence += 1;
    const step = String(counts.step).padStart(2, '0');
    const name = `${time.slice(14, 16)}${time.slice(17, 19)}-${this.#writer}-${this.#sequence}`;
    return {
      key: `${countsFolder(place)}/${step}/${time.slice(0, 13)}/${name}.json`,
      body: encodeCounts(counts),
    };
  }
}

/**
 * Reads and adds up what all processes have counted for one rollout; each object is read once.
 *
 * Hours and steps that were summed up into one object are read from it: `compactCounts` creates it before it removes what is in it, so
 * that everything counts once at any time.
 *
 * @example
 * ```ts
 * import { CountsReader } from '@fairlead/rollout';
 *
 * const objects = { create: async () => true, read: async () => undefined, list: async () => [] };
 * const reader = new CountsReader(objects, { model: 'churn', number: 4 }, console.error);
 * console.log(await reader.read(Date.now())); // []
 * ```
 */
export class CountsReader {
  readonly #objects: RolloutObjects;
  readonly #place: RolloutPlace;
  readonly #onError: (error: unknown) => void;
  /** Counts so far, by the folder of the step. */
  readonly #steps = new Map<string, StepCounts>();
  /** Complete hours: their objects aren't read again. */
  readonly #complete = new Set<string>();
  /** Names of the objects of other hours that were read, by the folder of the hour. */
  readonly #seen = new Map<string, Set<string>>();
  /** Steps of a rollout that has ended, which were summed up. */
  readonly #final = new Set<string>();

  constructor(objects: RolloutObjects, place: RolloutPlace, onError: (error: unknown) => void) {
    this.#objects = objects;
    this.#place = place;
    this.#onError = onError;
  }

  /**
   * Returns the counts of each step so far; what can't be read is reported to `onError`, and left out.
   *
   * @param now - the time, in milliseconds since the epoch
   */
  async read(now: number): Promise<readonly StepCounts[]> {
    const folder = countsFolder(this.#place);
    const entries = await this.#objects.list(folder);
    const names = new Set(entries.map(({ name }) => name.replace(OBJECT, '')));
    for (const name of names) {
      const step = `${folder}/${name}`;
      if (!STEP.test(name) || this.#final.has(step)) continue;
      const isSummed = entries.some((entry) => entry.name === `${name}.json`);
      if (isSummed && (await this.#finish(step))) continue;
      await this.#readStep(step, now);
      // Again: the objects of the step are removed as soon as the sum was created.
      await this.#finish(step);
    }
    return [...this.#steps.values()];
  }

  /** Replaces the objects of a step by their sum; returns false where there is none. */
  async #finish(step: string): Promise<boolean> {
    const sum = await this.#load(sumKey(step));
    if (typeof sum === 'string') return false;
    this.#forget(step);
    this.#final.add(step);
    this.#steps.set(step, sum);
    return true;
  }

  async #readStep(step: string, now: number): Promise<void> {
    const entries = await this.#objects.list(step);
    const names = new Set(entries.map(({ name }) => name.replace(OBJECT, '')));
    for (const name of names) {
      const hour = `${step}/${name}`;
      if (!HOUR.test(name) || this.#complete.has(hour)) continue;
      const isSummed = entries.some((entry) => entry.name === `${name}.json`);
      const isOld = now - beginOf(hour) > COMPLETE_MS;
      let sum = isSummed ? await this.#load(sumKey(hour)) : 'absent';
      let isWhole = false;
      if (typeof sum === 'string') {
        isWhole = await this.#readHour(hour);
        // Again: the objects of the hour are removed as soon as the sum was created.
        if (isOld && sum === 'absent') sum = await this.#load(sumKey(hour));
      }
      // Completed by a call at the same time.
      if (this.#complete.has(hour)) continue;
      if (typeof sum !== 'string' && this.#seen.has(hour)) {
        // Some of what is in the sum was counted already, seldom: everything is read again.
        this.#forget(step);
        await this.#readStep(step, now);
        return;
      }
      if (typeof sum !== 'string') this.#add(hour, sum);
      else if (!isOld || !isWhole || sum === 'failed') continue;
      this.#complete.add(hour);
      this.#seen.delete(hour);
    }
  }

  /** Adds the new objects of an hour; returns false where one could not be read, which is tried again. */
  async #readHour(hour: string): Promise<boolean> {
    const entries = await this.#objects.list(hour);
    const seen = this.#seen.get(hour);
    const fresh = entries.filter(({ name }) => OBJECT.test(name) && seen?.has(name) !== true);
    let isWhole = true;
    const add = async (name: string): Promise<void> => {
      const counts = await this.#load(`${hour}/${name}`);
      if (counts === 'absent' || counts === 'failed') {
        isWhole = false;
        return;
      }
      const known = this.#seen.get(hour) ?? new Set();
      // Read by a call at the same time.
      if (known.has(name) || this.#complete.has(hour)) return;
      this.#seen.set(hour, known.add(name));
      if (counts !== 'damaged') this.#add(hour, counts);
    };
    for (let at = 0; at < fresh.length; at += PARALLEL) {
      await Promise.all(fresh.slice(at, at + PARALLEL).map(({ name }) => add(name)));
    }
    return isWhole;
  }

  /** Adds counts of an hour, unless its step was summed up at the same time. */
  #add(hour: string, counts: StepCounts): void {
    const step = stepOf(hour);
    if (this.#final.has(step)) return;
    const known = this.#steps.get(step);
    if (known === undefined) this.#steps.set(step, counts);
    else known.merge(counts);
  }

  #forget(step: string): void {
    this.#steps.delete(step);
    for (const hour of this.#complete) if (stepOf(hour) === step) this.#complete.delete(hour);
    for (const hour of this.#seen.keys()) if (stepOf(hour) === step) this.#seen.delete(hour);
  }

  async #load(key: string): Promise<StepCounts | 'absent' | 'failed' | 'damaged'> {
    try {
      return (await loadCounts(this.#objects, this.#place, key)) ?? 'absent';
    } catch (error) {
      this.#onError(error);
      return error instanceof DamagedCounts ? 'damaged' : 'failed';
    }
  }
}

/** Folder of the step of an hour. */
function stepOf(hour: string): string {
  return hour.slice(0, hour.lastIndexOf('/'));
}
