import type { ObjectStore } from '../store/object-store.ts';
import { checkOptions } from '../checks/check-options.ts';
import { invalidOption } from '../checks/invalid-option.ts';
import { isRecordKey, promisedHash } from './cacheable.ts';
import { CachedObjects } from './cached-objects.ts';
import { LastKnown } from './last-known.ts';

/** Settings of {@link cachedStore}. */
export interface CachedStoreOptions {
  /** Folder of the cache on the host's own disk; created if it is missing. */
  readonly folder: string;
  /**
   * Size limit in bytes. The objects that were used longest ago are removed first, and those of current aliases last.
   *
   * Each process may exceed the limit temporarily by one object and one percent.
   *
   * @defaultValue 10737418240 (10 GiB)
   */
  readonly maxBytes?: number;
  /** Called when the cache itself fails, such as on a full disk; the store is used nevertheless. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Caches the objects of `store` on the host's own disk, so that a host can start while the store is unreachable.
 *
 * Objects never change, so a cached copy never expires; each copy is verified whenever it is read, and a damaged one is fetched
 * again. A *missing* object can be outdated: while the store fails, its listings and the end of a log are those of the cache;
 * reading a record that isn't cached fails as the store does. For hosts that serve; run `verify` and everything that changes a
 * registry on the store itself.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` for a `maxBytes` that isn't positive, and the errors of `folderStore`.
 *
 * @example
 * ```ts
 * import { cachedStore, folderStore, ModelRegistry } from '@fairlead/registry';
 *
 * const store = cachedStore(folderStore('./registry'), { folder: './cache', maxBytes: 1024 ** 3 });
 * const registry = new ModelRegistry({ store });
 * console.log((await registry.resolve('digits', 'champion')).version); // 2
 * ```
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
    throw invalidOption(`cannot cache ${maxBytes} bytes: maxBytes is a positive number`);
  }
  const cached = new CachedObjects({ store, folder, maxBytes, onError });
  const lastKnown = new LastKnown();

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
      const copy = await cached.record(key, limits.maxBytes);
      if (copy !== undefined) return copy;
      const bytes = await store.read(key, limits);
      if (bytes !== undefined) await cached.keepRecord(key, bytes);
      return bytes;
    },

    async size(key) {
      const sha256 = promisedHash(key);
      const size = sha256 === undefined ? undefined : await cached.blobSize(key, sha256);
      if (size !== undefined) return size;
      if (!isRecordKey(key)) return store.size(key);
      const copy = await cached.record(key, Infinity);
      if (copy !== undefined) return copy.length;
      // While the store fails, a log whose records are cached ends with the last of them.
      const siblings = key.slice(0, key.lastIndexOf('/'));
      return lastKnown.answer(
        () => store.size(key),
        async () => ((await cached.list(siblings)).length > 0 ? { value: undefined } : undefined),
      );
    },

    async *stream(key) {
      const sha256 = promisedHash(key);
      if (sha256 === undefined || !(await cached.ensureBlob(key, sha256))) {
        yield* store.stream(key);
        return;
      }
      const chunks = cached.stream(key);
      // Another process may have removed it since; an open file stays readable.
      const first = await cached.attempt(() => chunks.next());
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

    list: (key) =>
      lastKnown.answer(
        () => store.list(key),
        async () => {
          const value = await cached.list(key);
          return value.length > 0 ? { value } : undefined;
        },
      ),
  };
}
