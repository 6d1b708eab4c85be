import { checkIntegers, checkOptions } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { CacheStore } from './cache-store.ts';

/** Options of {@link memoryCache}. */
export interface MemoryCacheOptions {
  /** Bytes of all entries together, keys and bookkeeping included; the least recently used ones are removed. */
  readonly maxBytes: number;
  /**
   * Maximum size of a response, in bytes: a larger one isn't stored, so that one can't displace all others.
   * @defaultValue a quarter of `maxBytes`
   */
  readonly maxEntryBytes?: number;
}

const optionNames: OptionNames<MemoryCacheOptions> = {
  maxBytes: 'required',
  maxEntryBytes: 'optional',
};

/** A {@link CacheStore} in this process. */
export interface MemoryCache extends CacheStore {
  /** Bytes of all entries. */
  readonly bytes: number;
  /** Number of stored responses. */
  readonly size: number;
  get(key: string): Uint8Array | undefined;
  set(key: string, value: Uint8Array): void;
}

// Memory of a Map's entry, a string and a typed array beside their contents, measured on Node 24 and rounded up.
const ENTRY_OVERHEAD_BYTES = 256;

/**
 * Creates a store of responses in the memory of this process, for one model or several.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { memoryCache } from '@fairlead/serving';
 *
 * const cache = memoryCache({ maxBytes: 64 * 1024 * 1024 });
 * cache.set('key', Buffer.from('response'));
 * console.log(cache.size, cache.get('key')?.length); // 1 8
 * ```
 */
export function memoryCache(options: MemoryCacheOptions): MemoryCache {
  const { maxBytes, maxEntryBytes = Math.max(1, Math.floor(maxBytes / 4)) } = checkOptions(
    'memoryCache',
    options,
    optionNames,
  );
  checkIntegers({ maxBytes, maxEntryBytes });
  // A Map iterates in the order of insertion: a used entry is moved to the end.
  const entries = new Map<string, Uint8Array>();
  let bytes = 0;
  const remove = (key: string, value: Uint8Array): void => {
    entries.delete(key);
    bytes -= costOf(key, value);
  };
  return {
    get bytes() {
      return bytes;
    },
    get size() {
      return entries.size;
    },
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      const replaced = entries.get(key);
      if (replaced !== undefined) remove(key, replaced);
      const cost = costOf(key, value);
      if (cost > maxEntryBytes || cost > maxBytes) return;
      for (const [oldest, its] of entries) {
        if (bytes + cost <= maxBytes) break;
        remove(oldest, its);
      }
      entries.set(key, value);
      bytes += cost;
    },
  };
}

function costOf(key: string, value: Uint8Array): number {
  return key.length + value.byteLength + ENTRY_OVERHEAD_BYTES;
}
