import { parseJson } from '@fairlead/signature';
import { MODELS } from '../store/layout.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { MAX_RECORD_BYTES, decodeRecord } from '../records/stored-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { CLAIM_LIFE_MS, CLAIMS } from '../leases/blob-lease.ts';
import { CONDEMNED } from '../leases/deletion-notice.ts';
import { hashesIn, once } from '../leases/hashes-in.ts';

const RECORD = /\/(\d{8})\.json$/;
const BLOB_ROOT = 'blobs';

/** Finds which blobs something in a store names: manifests, claims, and whatever else there is, also of later releases. */
export class NameMarker {
  readonly #store: ObjectStore;
  readonly #unnamed: Set<string>;
  /** Objects never change: what was read once needn't be read again. */
  readonly #read = new Set<string>();
  /** Of each model, the versions that an alias ever meant. */
  readonly #meant = new Map<string, Set<number>>();

  constructor(store: ObjectStore, blobs: Iterable<string>) {
    this.#store = store;
    this.#unnamed = new Set(blobs);
  }

  /** What nothing names, as far as was looked. */
  get unnamed(): ReadonlySet<string> {
    return this.#unnamed;
  }

  /**
   * Looks through everything that wasn't there at the last look; `beat` is awaited again and again meanwhile.
   *
   * @throws RegistryError `ERR_REGISTRY_CORRUPT` for a record that isn't as it was written: who knows what it named.
   */
  async look(beat: () => Promise<void>): Promise<void> {
    // Claims first: they are released when the records that name the same are there.
    for (const key of await this.#objects(CLAIMS, beat)) {
      const age = await this.#store.age(key);
      if (age === undefined || age >= CLAIM_LIFE_MS || this.#read.has(key)) continue;
      const bytes = await this.#store.read(key, { maxBytes: MAX_RECORD_BYTES });
      // One that was released meanwhile has served: the records that it was for are there.
      if (bytes !== undefined) await this.#strikeNamesIn(key, bytes);
    }
    for (const { name, kind } of await this.#store.list('')) {
      if ([CLAIMS, CONDEMNED, BLOB_ROOT, MODELS].includes(name)) continue;
      const keys = kind === 'object' ? [name] : await this.#objects(name, beat);
      for (const key of keys) await this.#strike(key);
    }
    for (const { name, kind } of await this.#store.list(MODELS)) {
      if (kind === 'folder') await this.#lookThroughModel(name, beat);
      else await this.#strike(`${MODELS}/${name}`);
    }
  }

  async #lookThroughModel(model: string, beat: () => Promise<void>): Promise<void> {
    const folder = `${MODELS}/${model}`;
    const keys = await this.#objects(folder, beat);
    const numbered = (sub: string): Map<number, string> =>
      new Map(
        keys
          .filter((key) => key.startsWith(`${folder}/${sub}/`) && RECORD.test(key))
          .map((key) => [Number(RECORD.exec(key)?.[1]), key]),
      );
    const versions = numbered('versions');
    const meant = this.#meant.get(model) ?? new Set();
    this.#meant.set(model, meant);
    for (const key of keys.filter((other) => other.startsWith(`${folder}/aliases/`))) {
      await beat();
      const version = versionOf(await this.#strike(key));
      if (version !== undefined) meant.add(version);
    }
    // A version that was pruned doesn't keep its files, unless an alias ever meant it.
    const left = new Set<string>();
    for (const number of numbered('pruned').keys()) {
      const key = versions.get(number);
      if (key !== undefined && !meant.has(number)) left.add(key);
    }
    for (const key of keys) {
      await beat();
      if (!left.has(key)) await this.#strike(key);
    }
  }

  /** Takes what `key` names off; resolves to its text, if it is a record that wasn't read before. */
  async #strike(key: string): Promise<Uint8Array | undefined> {
    if (this.#read.has(key)) return undefined;
    if (!RECORD.test(key)) {
      await this.#strikeText(key);
      return undefined;
    }
    const bytes = await this.#store.read(key, { maxBytes: MAX_RECORD_BYTES });
    if (bytes === undefined) return undefined;
    decodeRecord(key, bytes);
    await this.#strikeNamesIn(key, bytes);
    return bytes;
  }

  async #strikeNamesIn(key: string, bytes: Uint8Array): Promise<void> {
    for await (const hash of hashesIn(once(bytes), this.#unnamed)) this.#unnamed.delete(hash);
    this.#read.add(key);
  }

  async #strikeText(key: string): Promise<void> {
    if (this.#read.has(key) || (await this.#store.size(key)) === undefined) return;
    for await (const hash of hashesIn(this.#store.stream(key), this.#unnamed)) {
      this.#unnamed.delete(hash);
    }
    this.#read.add(key);
  }

  async #objects(folder: string, beat: () => Promise<void>): Promise<string[]> {
    await beat();
    const keys: string[] = [];
    for (const { name, kind } of await this.#store.list(folder)) {
      const key = `${folder}/${name}`;
      if (kind === 'folder' && RECORD.test(key)) throw isFolder(key);
      if (kind === 'object') keys.push(key);
      else keys.push(...(await this.#objects(key, beat)));
    }
    return keys;
  }
}

function isFolder(key: string): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_CORRUPT',
    `${key} is a folder, and what the record named is unknown; restore it from a backup`,
  );
}

function versionOf(record: Uint8Array | undefined): number | undefined {
  if (record === undefined) return undefined;
  const { version } = parseJson(Buffer.from(record).toString()) as { readonly version?: unknown };
  return typeof version === 'number' ? version : undefined;
}
