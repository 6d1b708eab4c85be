import { RegistryError } from '../errors/registry-error.ts';
import { inParallel } from '../store/in-parallel.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { decodeRecord } from './stored-record.ts';

const RECORD = /^(\d{8})\.json$/;
const MAX_NUMBER = 99_999_999;
/** Probes for the next record before the folder is listed, which then costs less. */
const MAX_PROBES = 16;
/** Records in memory at a time while a chain is checked. */
const BATCH = 256;

/** Format of the records of a log. */
export interface RecordFormat<R> {
  /** Noun for one record in messages: `event`. */
  readonly noun: string;
  /** Maximum size of a record, in bytes. */
  readonly maxBytes: number;
  /** Checks the fields of a record, which `key` names in messages. */
  readonly check: (key: string, record: unknown) => R | Promise<R>;
  /** True when `record` is the record `number` of this log. */
  readonly belongs: (record: R, number: number) => boolean;
  /** Name of a record that belongs elsewhere, for messages: `event 3 of "digits"`. */
  readonly describe: (record: R) => string;
  /** Contradiction between a record and the record before it; `undefined` without one. Only for chained logs. */
  readonly chainProblem?: (before: R | undefined, record: R) => string | undefined;
  /** Rejects a folder with the name of a record: where the newest record decides, ignoring the folder would be wrong. */
  readonly rejectsFolders?: boolean;
}

/**
 * Highest number seen so far in each folder.
 *
 * Records are never removed, so the search for the newest record starts there instead of listing the folder again.
 */
export type KnownHeads = Map<string, number>;

/** A folder of immutable records, numbered 1, 2, 3, …; of several writers of a number the first one wins. */
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

  /** Numbers of all records, ascending; foreign files in the folder are ignored. */
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

  /** Highest number, 0 without a record; probes from the last known number, and lists the folder only if needed. */
  async head(): Promise<number> {
    const known = this.#heads.get(this.#folder) ?? 0;
    const head = (await this.#probe(known)) ?? (await this.numbers()).at(-1) ?? 0;
    // Only existing logs are remembered: arbitrary names in requests would use memory without limit.
    if (head > 0) this.#heads.set(this.#folder, head);
    return head;
  }

  /** Reads and checks the record `number`; `undefined` when it doesn't exist. */
  async read(number: number): Promise<R | undefined> {
    const key = this.keyOf(number);
    const bytes = await this.#store.read(key, { maxBytes: this.#format.maxBytes });
    return bytes && this.decode(number, bytes);
  }

  /**
   * Reads a record that has to exist.
   *
   * @throws RegistryError `ERR_REGISTRY_CORRUPT` when it is missing.
   */
  async require(number: number): Promise<R> {
    const record = await this.read(number);
    if (record !== undefined) return record;
    throw new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      `${this.keyOf(number)} is missing; restore it from a backup`,
    );
  }

  /** Reads the newest record; `undefined` when there is none. */
  async newest(): Promise<R | undefined> {
    const number = await this.head();
    return number === 0 ? undefined : this.require(number);
  }

  /**
   * Reads all records, oldest first, and checks that each continues the one before.
   *
   * @throws RegistryError `ERR_REGISTRY_CORRUPT` naming the first record that doesn't.
   */
  async readAll(): Promise<readonly R[]> {
    const numbers = await this.numbers();
    const records: R[] = [];
    for (let start = 0; start < numbers.length; start += BATCH) {
      const batch = numbers.slice(start, start + BATCH);
      const read = await inParallel(batch, async (number) => ({
        number,
        record: await this.require(number),
      }));
      for (const { number, record } of read) {
        const problem = this.chainProblem(records.at(-1), record);
        if (problem !== undefined) {
          throw new RegistryError('ERR_REGISTRY_CORRUPT', `${this.keyOf(number)}: ${problem}`);
        }
        records.push(record);
      }
    }
    return records;
  }

  /** Finds a record among those numbered `from` to `to`; all of them have to exist. */
  async find(from: number, to: number, matches: (record: R) => boolean): Promise<R | undefined> {
    for (let start = from; start <= to; start += BATCH) {
      const length = Math.min(BATCH, to + 1 - start);
      const batch = Array.from({ length }, (_, index) => start + index);
      const found = (await inParallel(batch, (number) => this.require(number))).find(matches);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Contradiction between a record and the one before it; `undefined` without one. */
  chainProblem(before: R | undefined, record: R): string | undefined {
    return this.#format.chainProblem?.(before, record);
  }

  /**
   * Decodes `bytes` as the record `number`, with all checks of reading it from the store; `key` names it in messages.
   *
   * @throws RegistryError `ERR_REGISTRY_TOO_LARGE`, `ERR_REGISTRY_CORRUPT`, `ERR_REGISTRY_UNSUPPORTED_FORMAT`,
   * `ERR_REGISTRY_INVALID_MANIFEST`
   */
  async decode(number: number, bytes: Uint8Array, key = this.keyOf(number)): Promise<R> {
    const { maxBytes, check, belongs, describe } = this.#format;
    if (bytes.length > maxBytes) {
      throw new RegistryError(
        'ERR_REGISTRY_TOO_LARGE',
        `${key} would have ${bytes.length} bytes, more than the limit of ${maxBytes}`,
      );
    }
    const record = await check(key, decodeRecord(key, bytes));
    if (belongs(record, number)) return record;
    throw new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      `${key} is ${describe(record)}: it was copied from there; restore the right one from a backup`,
    );
  }

  /**
   * Appends a record, and tries the next number when another writer was first.
   *
   * `write` makes the record for a number, and is called again for each further number; it may resolve to an existing record
   * instead, and nothing is appended.
   *
   * @throws RegistryError `ERR_REGISTRY_STORE_FOREIGN` when a foreign object has the name of the record.
   */
  async append(
    write: (number: number) => Promise<Uint8Array | { readonly existing: R }>,
  ): Promise<{ readonly record: R; readonly created: boolean }> {
    for (let number = (await this.head()) + 1; ;) {
      const bytes = await write(number);
      if ('existing' in bytes) return { record: bytes.existing, created: false };
      const record = await this.decode(number, bytes);
      if (await this.create(number, bytes)) return { record, created: true };
      const head = await this.head();
      if (head < number) {
        throw new RegistryError(
          'ERR_REGISTRY_STORE_FOREIGN',
          `cannot create ${this.keyOf(number)}: an object that is not ${this.#format.noun} has its name; move it out of the store`,
        );
      }
      number = head + 1;
    }
  }

  /** Creates the record `number` unless it exists; resolves to whether it did. */
  create(number: number, bytes: Uint8Array): Promise<boolean> {
    if (number <= MAX_NUMBER) return this.#store.create(this.keyOf(number), bytes);
    throw new RegistryError('ERR_REGISTRY_TOO_LARGE', `${this.#folder} is full (${MAX_NUMBER})`);
  }

  /** Searches the highest number record by record; `undefined` when listing the folder is better. */
  async #probe(known: number): Promise<number | undefined> {
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
