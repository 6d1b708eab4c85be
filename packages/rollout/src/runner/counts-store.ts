import { StepCounts, type StepCountsDocument } from '../counts/step-counts.ts';
import type { RolloutObjects } from '../state/rollout-objects.ts';
import { rolloutName, type RolloutState } from '../state/rollout-state.ts';

const MAX_BYTES = 16 * 1024 * 1024;
const HOUR = /^\d{4}-\d\d-\d\dT\d\d$/;
const STEP = /^\d{2,4}$/;
const PARALLEL = 16;
/** Objects of an hour are stored until so long after its begin. */
const COMPLETE_MS = 6 * 3_600_000;

/** A rollout by its model and number. */
export type RolloutPlace = Pick<RolloutState, 'model' | 'number'>;

/** Folder of the counts of a rollout: `rollouts/churn/0004/counts`. */
function countsFolder({ model, number }: RolloutPlace): string {
  return `rollouts/${model}/${String(number).padStart(4, '0')}/counts`;
}

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
      body: new TextEncoder().encode(JSON.stringify(counts.toDocument())),
    };
  }
}

/**
 * Reads and adds up what all processes have counted for one rollout; each object is read once.
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
  readonly #folder: string;
  readonly #rollout: string;
  readonly #onError: (error: unknown) => void;
  readonly #steps = new Map<number, StepCounts>();
  readonly #seen = new Set<string>();
  /** Hours whose objects are all known: no writer adds to them any more. */
  readonly #complete = new Set<string>();

  constructor(objects: RolloutObjects, place: RolloutPlace, onError: (error: unknown) => void) {
    this.#objects = objects;
    this.#folder = countsFolder(place);
    this.#rollout = rolloutName(place);
    this.#onError = onError;
  }

  /**
   * Returns the counts of each step so far; what can't be read is reported to `onError`, and left out.
   *
   * @param now - the time, in milliseconds since the epoch
   */
  async read(now: number): Promise<readonly StepCounts[]> {
    for (const step of await this.#children(this.#folder, 'folder', STEP)) {
      for (const hour of await this.#children(step, 'folder', HOUR)) {
        if (!this.#complete.has(hour)) await this.#readHour(hour, now);
      }
    }
    return [...this.#steps.values()];
  }

  async #readHour(hour: string, now: number): Promise<void> {
    const keys = await this.#children(hour, 'object', /\.json$/);
    const fresh = keys.filter((key) => !this.#seen.has(key));
    for (let at = 0; at < fresh.length; at += PARALLEL) {
      await Promise.all(fresh.slice(at, at + PARALLEL).map((key) => this.#add(key)));
    }
    // A process that was cut off from the store for longer loses the counts of one object: what follows has a later name.
    const begin = Date.parse(`${hour.slice(-13)}:00:00Z`);
    if (now - begin <= COMPLETE_MS) return;
    this.#complete.add(hour);
    for (const key of keys) this.#seen.delete(key);
  }

  /** Adds an object; one that can't be read now is tried again, and one that is damaged is reported once. */
  async #add(key: string): Promise<void> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.#objects.read(key, { maxBytes: MAX_BYTES });
    } catch (error) {
      this.#onError(error);
    }
    // Read by a call at the same time.
    if (bytes === undefined || this.#seen.has(key)) return;
    this.#seen.add(key);
    try {
      const document = JSON.parse(new TextDecoder().decode(bytes)) as StepCountsDocument;
      const counts = StepCounts.fromDocument(document);
      const [, step] = /\/counts\/(\d+)\//.exec(key) ?? [];
      if (counts.rollout !== this.#rollout || counts.step !== Number(step)) {
        throw new Error(`it has counts of ${counts.rollout}, step ${counts.step}`);
      }
      const known = this.#steps.get(counts.step);
      if (known === undefined) this.#steps.set(counts.step, counts);
      else known.merge(counts);
    } catch (cause) {
      this.#onError(new Error(`${key} can't be read, and isn't counted`, { cause }));
    }
  }

  async #children(folder: string, kind: 'object' | 'folder', name: RegExp): Promise<string[]> {
    const entries = await this.#objects.list(folder);
    return entries
      .filter((entry) => entry.kind === kind && name.test(entry.name))
      .map((entry) => `${folder}/${entry.name}`);
  }
}
