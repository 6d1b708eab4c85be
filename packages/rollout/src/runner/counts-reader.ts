import type { StepCounts } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import { countsFolder, STEP, type RolloutPlace } from './counts-keys.ts';
import { StepReader } from './step-reader.ts';

/** A step is read again where it was summed up at the same time. */
const MAX_ATTEMPTS = 8;

/**
 * Reads and adds up what all processes have counted for one rollout; each object is read once.
 *
 * Hours and steps that were summed up are read from their sums, which name the objects that they replace: objects that are stored later count besides them. `compactCounts`
 * creates a sum before it removes what is in it, so that everything counts once at any time.
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
  /** By the name of the step. */
  readonly #steps = new Map<string, StepReader>();
  #reading: Promise<unknown> = Promise.resolve();

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
  read(now: number): Promise<readonly StepCounts[]> {
    // One after the other: each goes on from what the one before has read.
    const reading = this.#reading.then(() => this.#read(now));
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #read(now: number): Promise<readonly StepCounts[]> {
    for (let attempt = 1, isStable = false; !isStable && attempt <= MAX_ATTEMPTS; attempt += 1) {
      isStable = true;
      for (const [name, { hasSum }] of await this.#listSteps()) {
        const step = this.#steps.get(name) ?? this.#open(name);
        isStable = (await step.read(now, hasSum)) && isStable;
      }
      // Where a step was summed up since it was listed, its objects may have been removed before they were read.
      for (const [name, { hasSum }] of await this.#listSteps()) {
        if (hasSum && this.#steps.get(name)?.hasSum !== true) isStable = false;
      }
    }
    return [...this.#steps.values()].flatMap((step) => step.total() ?? []);
  }

  async #listSteps(): Promise<ReadonlyMap<string, { readonly hasSum: boolean }>> {
    const entries = await this.#objects.list(countsFolder(this.#place));
    const names = new Set(entries.map(({ name }) => name.replace(/\.json$/, '')));
    const steps = [...names].filter((name) => STEP.test(name));
    return new Map(
      steps.map((name) => [name, { hasSum: entries.some((each) => each.name === `${name}.json`) }]),
    );
  }

  #open(name: string): StepReader {
    const step = new StepReader({
      ...{ objects: this.#objects, place: this.#place, onError: this.#onError },
      folder: `${countsFolder(this.#place)}/${name}`,
    });
    this.#steps.set(name, step);
    return step;
  }
}
