import { createHash } from 'node:crypto';
import type { ObjectStore, StoreEntry } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { checkOptions } from '../checks/check-options.ts';
import { CacheFolder } from './cache-folder.ts';
import { hasHash, isRecordAt, isRecordKey, promisedHash } from './cacheable.ts';

/** Settings of {@link cachedStore}. */
export interface CachedStoreOptions {
  /** Folder of the cache on the host's own disk; it is made when it is missing. */
  readonly folder: string;
  /**
   * How many bytes are kept at most; beyond it goes what was used longest ago, and last what the aliases mean.
   *
   * Each process may exceed it by one object and a hundredth for a moment.
   *
   * @defaultValue 10737418240 (10 GiB)
   */
  readonly maxBytes?: number;
  /** Told when the cache itself fails, such as on a full disk; the store is used all the same. */
  readonly onError?: (error: unknown) => void;
}

/** After a store turned out to be away, it isn't asked again for that long for what is known. */
const AWAY_MS = 5000;

/**
 * Keeps what is read from `store` on the host's own disk, so that a host can start with it while the store is away.
 *
 * Objects never change, so a cached one is as good as the store's; each is verified whenever it is read, and one that is
 * damaged is fetched anew. What is *not* there can be out of date: while the store fails, its listings and the end of a
 * log are those of the cache; reading a record that isn't cached fails as the store does. Made for hosts that serve; `verify` and everything that changes a registry belong on the store itself.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` for a `maxBytes` that isn't positive, and what `folderStore` throws.
 */
export function cachedStore(store: ObjectStore, options: CachedStoreOptions): ObjectStore {
  const {
    folder,
    maxBytes = 10 * 1024 ** 3,
    onError = () => undefined,
  } = checkOptions('cachedStore', options, {
    folder: 'required',
    maxBytes: 'optional',
    onError: 'optional',
  });
  if (!(maxBytes > 0)) {
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_OPTION',
      `cannot cache ${maxBytes} bytes: maxBytes is a positive number`,
    );
  }
  const cache = new CacheFolder(folder, maxBytes);
  /** Blobs that were verified when their size was asked for, which comes right before they are read. */
  const verified = new Set<string>();
  let awayUntil = 0;

  /** Runs work on the cache, which may fail without harm. */
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      onError(error);
      return undefined;
    }
  };

  const cachedRecord = (key: string, limit: number): Promise<Uint8Array | undefined> =>
    attempt(async () => {
      const bytes = await cache.store.read(key, { maxBytes: limit });
      if (bytes === undefined) return undefined;
      if (isRecordAt(key, bytes)) {
        await cache.touch(key);
        return bytes;
      }
      await cache.remove(key);
      return undefined;
    });

  const hasBlob = async (key: string, sha256: string): Promise<boolean> => {
    if (verified.delete(key)) return true;
    const sound = await attempt(async () => {
      if ((await cache.store.size(key)) === undefined) return false;
      if (await hasHash(cache.store.stream(key), sha256)) {
        await cache.touch(key);
        return true;
      }
      await cache.remove(key);
      return false;
    });
    return sound === true;
  };

  const fetchBlob = async (key: string, sha256: string): Promise<boolean> => {
    const bytes = await store.size(key);
    if (bytes === undefined || bytes > maxBytes) return false;
    const storeFailures: unknown[] = [];
    const kept = await attempt(async () => {
      await cache.keep(
        key,
        () => checked(store.stream(key), sha256, (error) => storeFailures.push(error)),
        bytes,
      );
      return (await cache.store.size(key)) !== undefined;
    });
    if (storeFailures.length > 0) throw storeFailures[0];
    return kept === true;
  };

  const known = async (folderKey: string): Promise<readonly StoreEntry[]> =>
    (await attempt(() => cache.store.list(folderKey))) ?? [];

  /** What the store says, or, while it fails, what is known of it, if anything is. */
  const orLastKnown = async <T>(
    ask: () => Promise<T>,
    lastKnown: () => Promise<{ readonly value: T } | undefined>,
  ): Promise<T> => {
    if (performance.now() < awayUntil) {
      const last = await lastKnown();
      if (last !== undefined) return last.value;
    }
    try {
      const answer = await ask();
      awayUntil = 0;
      return answer;
    } catch (error) {
      const last = isStoreFailure(error) ? await lastKnown() : undefined;
      if (last === undefined) throw error;
      awayUntil = performance.now() + AWAY_MS;
      return last.value;
    }
  };

  // Each method by itself: those of a class are on its prototype, and need their own `this`.
  return {
    get location() {
      return store.location;
    },
    create: (key, body) => store.create(key, body),
    age: (key) => store.age(key),
    remove: (key) => store.remove(key),
    sweep: (olderThanMs) => store.sweep(olderThanMs),
    checkConditionalWrites: async () => store.checkConditionalWrites?.(),

    async read(key, limits) {
      if (!isRecordKey(key)) return store.read(key, limits);
      const cached = await cachedRecord(key, limits.maxBytes);
      if (cached !== undefined) return cached;
      const bytes = await store.read(key, limits);
      // What is damaged in the store isn't to outlive its repair here.
      if (bytes !== undefined && isRecordAt(key, bytes)) {
        await attempt(() => cache.keep(key, bytes, bytes.length));
      }
      return bytes;
    },

    async size(key) {
      const sha256 = promisedHash(key);
      if (sha256 !== undefined && (await hasBlob(key, sha256))) {
        const size = await attempt(() => cache.store.size(key));
        if (size !== undefined) {
          verified.add(key);
          return size;
        }
      }
      if (!isRecordKey(key)) return store.size(key);
      const cached = await cachedRecord(key, Infinity);
      if (cached !== undefined) return cached.length;
      // Is it the next of those that are known? Not as far as is known.
      const siblings = key.slice(0, key.lastIndexOf('/'));
      return orLastKnown(
        () => store.size(key),
        async () => ((await known(siblings)).length > 0 ? { value: undefined } : undefined),
      );
    },

    async *stream(key) {
      const sha256 = promisedHash(key);
      const cached =
        sha256 !== undefined && ((await hasBlob(key, sha256)) || (await fetchBlob(key, sha256)));
      if (!cached) {
        yield* store.stream(key);
        return;
      }
      const chunks = cache.store.stream(key)[Symbol.asyncIterator]();
      // Another process may have removed it just now; once it is open, that does no harm.
      const first = await attempt(() => chunks.next());
      if (first === undefined) {
        yield* store.stream(key);
        return;
      }
      if (first.done === true) return;
      try {
        yield first.value;
        yield* { [Symbol.asyncIterator]: () => chunks };
      } finally {
        await chunks.return?.();
      }
    },

    list: (folderKey) =>
      orLastKnown(
        () => store.list(folderKey),
        async () => {
          const value = await known(folderKey);
          return value.length > 0 ? { value } : undefined;
        },
      ),
  };
}

/** Passes a body on, and fails at its end when it hasn't the hash that it should; `onFailure` hears when it fails itself. */
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

function isStoreFailure(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    error.code.startsWith('ERR_REGISTRY_STORE_') &&
    error.code !== 'ERR_REGISTRY_STORE_FOREIGN'
  );
}
