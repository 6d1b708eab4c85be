import { createHash } from 'node:crypto';
import type { ObjectStore, StoreEntry } from '../store/object-store.ts';
import { CacheFolder } from './cache-folder.ts';
import { hasHash, isRecordAt } from './cacheable.ts';

/** Settings of {@link CachedObjects}. */
export interface CachedObjectsOptions {
  /** Store whose objects are cached. */
  readonly store: ObjectStore;
  readonly folder: string;
  readonly maxBytes: number;
  /** Called with each failure of the cache itself. */
  readonly onError: (error: unknown) => void;
}

/** Verified copies of a store's objects on the host's own disk; a failure of the cache counts as a missing copy. */
export class CachedObjects {
  readonly #store: ObjectStore;
  readonly #cache: CacheFolder;
  readonly #maxBytes: number;
  readonly #onError: (error: unknown) => void;
  /** Blobs that were verified when their size was read, which precedes reading them. */
  readonly #verified = new Set<string>();

  constructor({ store, folder, maxBytes, onError }: CachedObjectsOptions) {
    this.#store = store;
    this.#cache = new CacheFolder(folder, maxBytes);
    this.#maxBytes = maxBytes;
    this.#onError = onError;
  }

  /** Reads an intact record; removes a damaged one. */
  record(key: string, maxBytes: number): Promise<Uint8Array | undefined> {
    return this.attempt(async () => {
      const bytes = await this.#cache.store.read(key, { maxBytes });
      if (bytes === undefined) return undefined;
      if (isRecordAt(key, bytes)) {
        await this.#cache.touch(key);
        return bytes;
      }
      await this.#cache.remove(key);
      return undefined;
    });
  }

  /** Caches a record that the store returned, unless it is damaged: the store's copy may be repaired later. */
  async keepRecord(key: string, bytes: Uint8Array): Promise<void> {
    if (isRecordAt(key, bytes)) {
      await this.attempt(() => this.#cache.keep(key, bytes, bytes.length));
    }
  }

  /** Size of an intact blob. */
  async blobSize(key: string, sha256: string): Promise<number | undefined> {
    if (!(await this.#hasBlob(key, sha256))) return undefined;
    const size = await this.attempt(() => this.#cache.store.size(key));
    if (size !== undefined) this.#verified.add(key);
    return size;
  }

  /** Caches a blob unless it is cached; resolves to whether it is now. */
  async ensureBlob(key: string, sha256: string): Promise<boolean> {
    return (await this.#hasBlob(key, sha256)) || (await this.#fetchBlob(key, sha256));
  }

  /** Body of a cached object. */
  stream(key: string): AsyncIterator<Uint8Array> {
    return this.#cache.store.stream(key)[Symbol.asyncIterator]();
  }

  /** Cached objects and folders in a folder. */
  async list(key: string): Promise<readonly StoreEntry[]> {
    return (await this.attempt(() => this.#cache.store.list(key))) ?? [];
  }

  /** Runs work on the cache; a failure is reported, and resolves to `undefined`. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  async #hasBlob(key: string, sha256: string): Promise<boolean> {
    if (this.#verified.delete(key)) return true;
    const intact = await this.attempt(async () => {
      if ((await this.#cache.store.size(key)) === undefined) return false;
      if (await hasHash(this.#cache.store.stream(key), sha256)) {
        await this.#cache.touch(key);
        return true;
      }
      await this.#cache.remove(key);
      return false;
    });
    return intact === true;
  }

  async #fetchBlob(key: string, sha256: string): Promise<boolean> {
    const bytes = await this.#store.size(key);
    if (bytes === undefined || bytes > this.#maxBytes) return false;
    const storeFailures: unknown[] = [];
    const cached = await this.attempt(async () => {
      const body = () =>
        checked(this.#store.stream(key), sha256, (error) => storeFailures.push(error));
      await this.#cache.keep(key, body, bytes);
      return (await this.#cache.store.size(key)) !== undefined;
    });
    if (storeFailures.length > 0) throw storeFailures[0];
    return cached === true;
  }
}

/** Yields a body, and fails at its end if its hash differs; `onFailure` is called when reading it fails. */
async function* checked(
  body: AsyncIterable<Uint8Array>,
  sha256: string,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    onFailure(error);
    throw error;
  }
  if (hash.digest('hex') !== sha256) throw new Error(`the store's copy of ${sha256} is damaged`);
}
