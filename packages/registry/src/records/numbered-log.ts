import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';

const RECORD = /^(\d{8})\.json$/;
const MAX_NUMBER = 99_999_999;
/** After that many records by others, one listing costs less than looking for each. */
const MAX_PROBES = 16;

/** How a log reads its records. */
export interface RecordFormat<R> {
  /** Greatest length of a record in bytes. */
  readonly maxBytes: number;
  /** Reads one record and checks that it belongs at `number`; throws `RegistryError`. */
  readonly decode: (key: string, bytes: Uint8Array, number: number) => R;
  /** Whether a folder with the name of a record is damage: where the newest record decides, passing it over would lie. */
  readonly rejectsFolders?: boolean;
}

/**
 * The highest number seen so far in each folder.
 *
 * Records never go away, so that is where to look on from instead of listing the folder again.
 */
export type KnownHeads = Map<string, number>;

/** A folder of immutable records that are numbered 1, 2, 3, …; whoever creates a number first has it. */
export class NumberedLog<R> {
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #format: RecordFormat<R>;
  readonly #heads: KnownHeads;

  constructor(
    store: ObjectStore,
    folder: string,
    format: RecordFormat<R>,
    heads: KnownHeads = new Map(),
  ) {
    this.#store = store;
    this.#folder = folder;
    this.#format = format;
    this.#heads = heads;
  }

  /** Key of the record `number`. */
  keyOf(number: number): string {
    return `${this.#folder}/${String(number).padStart(8, '0')}.json`;
  }

  /** The numbers of all records, ascending; what else lies in the folder is not ours. */
  async numbers(): Promise<readonly number[]> {
    const numbers: number[] = [];
    for (const { name, kind } of await this.#store.list(this.#folder)) {
      const number = Number(RECORD.exec(name)?.[1] ?? 0);
      if (number === 0) continue;
      if (kind !== 'object') {
        if (this.#format.rejectsFolders !== true) continue;
        throw new RegistryError(
          'ERR_REGISTRY_CORRUPT',
          `${this.keyOf(number)} in ${this.#store.location} is a folder; restore the record from a backup`,
        );
      }
      numbers.push(number);
    }
    return numbers;
  }

  /** The highest number, 0 when there is no record: looks on from the last known one, and lists only if it has to. */
  async head(): Promise<number> {
    const known = this.#heads.get(this.#folder) ?? 0;
    const head = (await this.#lookOn(known)) ?? (await this.numbers()).at(-1) ?? 0;
    // Only what exists is remembered: names that were merely asked for would add up.
    if (head > 0) this.#heads.set(this.#folder, head);
    return head;
  }

  /** The record `number`, checked, or `undefined` when there is none. */
  async read(number: number): Promise<R | undefined> {
    const key = this.keyOf(number);
    const bytes = await this.#store.read(key, { maxBytes: this.#format.maxBytes });
    return bytes && this.decode(number, bytes);
  }

  /**
   * Reads `bytes` as the record `number`; throws what reading it from the store would throw. Messages name the record by
   * `key`.
   */
  decode(number: number, bytes: Uint8Array, key = this.keyOf(number)): R {
    if (bytes.length > this.#format.maxBytes) {
      throw new RegistryError(
        'ERR_REGISTRY_TOO_LARGE',
        `${key} would have ${bytes.length} bytes, and at most ${this.#format.maxBytes} are kept`,
      );
    }
    return this.#format.decode(key, bytes, number);
  }

  /** Creates the record `number` unless it exists; resolves to whether it did. */
  create(number: number, bytes: Uint8Array): Promise<boolean> {
    if (number <= MAX_NUMBER) return this.#store.create(this.keyOf(number), bytes);
    throw new RegistryError('ERR_REGISTRY_TOO_LARGE', `${this.#folder} is full (${MAX_NUMBER})`);
  }

  /** Looks for the head record by record; `undefined` when `known` tells too little for that. */
  async #lookOn(known: number): Promise<number | undefined> {
    if (known === 0 || !(await this.#has(known))) return undefined;
    for (let number = known; number < known + MAX_PROBES; number += 1) {
      if (!(await this.#has(number + 1))) return number;
    }
    return undefined;
  }

  async #has(number: number): Promise<boolean> {
    return (await this.#store.size(this.keyOf(number))) !== undefined;
  }
}
