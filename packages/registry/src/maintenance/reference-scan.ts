import { parseJson } from '@fairlead/signature';
import { MODELS } from '../store/layout.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { MAX_RECORD_BYTES, decodeRecord } from '../records/stored-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { BLOB_LEASE_MS, BLOB_LEASES } from '../leases/blob-lease.ts';
import { DELETION_NOTICES } from '../leases/deletion-notice.ts';
import { hashesIn, once } from '../leases/hashes-in.ts';

/** Records have a digest; numbered objects elsewhere, such as entries of rollouts, have another format. */
const RECORD = /^models\/.*\/(\d{8})\.json$/;
const BLOB_ROOT = 'blobs';

/** Finds the blobs of a store that a record references: manifests, leases and all other objects, also of later releases. */
export class ReferenceScan {
  readonly #store: ObjectStore;
  readonly #unreferenced: Set<string>;
  /** Keys of the objects that were read; they never change. */
  readonly #read = new Set<string>();
  /** Versions of each model that an alias ever pointed to. */
  readonly #referenced = new Map<string, Set<number>>();

  constructor(store: ObjectStore, blobs: Iterable<string>) {
    this.#store = store;
    this.#unreferenced = new Set(blobs);
  }

  /** SHA-256 of each blob without a known reference. */
  get unreferenced(): ReadonlySet<string> {
    return this.#unreferenced;
  }

  /**
   * Scans all objects that are new since the last run; `heartbeat` is awaited again and again while it runs.
   *
   * @throws RegistryError `ERR_REGISTRY_CORRUPT` for a record that isn't intact: its references are unknown.
   */
  async run(heartbeat: () => Promise<void>): Promise<void> {
    // Leases first: they are released after the records that reference the same blobs were written.
    for (const key of await this.#objects(BLOB_LEASES, heartbeat)) {
      const age = await this.#store.age(key);
      if (age === undefined || age >= BLOB_LEASE_MS || this.#read.has(key)) continue;
      const bytes = await this.#store.read(key, { maxBytes: MAX_RECORD_BYTES });
      // The records of a lease that was released since the listing exist, and are scanned below.
      if (bytes !== undefined) await this.#markNamesIn(key, bytes);
    }
    for (const { name, kind } of await this.#store.list('')) {
      if ([BLOB_LEASES, DELETION_NOTICES, BLOB_ROOT, MODELS].includes(name)) continue;
      const keys = kind === 'object' ? [name] : await this.#objects(name, heartbeat);
      for (const key of keys) await this.#markReferenced(key);
    }
    for (const { name, kind } of await this.#store.list(MODELS)) {
      if (kind === 'folder') await this.#scanModel(name, heartbeat);
      else await this.#markReferenced(`${MODELS}/${name}`);
    }
  }

  async #scanModel(model: string, heartbeat: () => Promise<void>): Promise<void> {
    const folder = `${MODELS}/${model}`;
    const keys = await this.#objects(folder, heartbeat);
    const numbered = (sub: string): Map<number, string> =>
      new Map(
        keys
          .filter((key) => key.startsWith(`${folder}/${sub}/`) && RECORD.test(key))
          .map((key) => [Number(RECORD.exec(key)?.[1]), key]),
      );
    const versions = numbered('versions');
    const referenced = this.#referenced.get(model) ?? new Set();
    this.#referenced.set(model, referenced);
    for (const key of keys.filter((other) => other.startsWith(`${folder}/aliases/`))) {
      await heartbeat();
      const version = versionOf(await this.#markReferenced(key));
      if (version !== undefined) referenced.add(version);
    }
    // A pruned version doesn't reference its files, unless an alias ever pointed to it.
    const left = new Set<string>();
    for (const number of numbered('pruned').keys()) {
      const key = versions.get(number);
      if (key !== undefined && !referenced.has(number)) left.add(key);
    }
    for (const key of keys) {
      await heartbeat();
      if (!left.has(key)) await this.#markReferenced(key);
    }
  }

  /** Marks the blobs that the object `key` references; resolves to its bytes if it is a record that wasn't read before. */
  async #markReferenced(key: string): Promise<Uint8Array | undefined> {
    if (this.#read.has(key)) return undefined;
    if (!RECORD.test(key)) {
      await this.#markText(key);
      return undefined;
    }
    const bytes = await this.#store.read(key, { maxBytes: MAX_RECORD_BYTES });
    if (bytes === undefined) return undefined;
    decodeRecord(key, bytes);
    await this.#markNamesIn(key, bytes);
    return bytes;
  }

  async #markNamesIn(key: string, bytes: Uint8Array): Promise<void> {
    for await (const hash of hashesIn(once(bytes), this.#unreferenced))
      this.#unreferenced.delete(hash);
    this.#read.add(key);
  }

  async #markText(key: string): Promise<void> {
    if (this.#read.has(key) || (await this.#store.size(key)) === undefined) return;
    for await (const hash of hashesIn(this.#store.stream(key), this.#unreferenced)) {
      this.#unreferenced.delete(hash);
    }
    this.#read.add(key);
  }

  async #objects(folder: string, heartbeat: () => Promise<void>): Promise<string[]> {
    await heartbeat();
    const keys: string[] = [];
    for (const { name, kind } of await this.#store.list(folder)) {
      const key = `${folder}/${name}`;
      if (kind === 'folder' && RECORD.test(key)) throw isFolder(key);
      if (kind === 'object') keys.push(key);
      else keys.push(...(await this.#objects(key, heartbeat)));
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
