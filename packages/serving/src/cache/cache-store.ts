/**
 * Store of a model's responses, by keys that name the version and its exact inputs.
 *
 * Values are outputs in the server's encoding. A store never fails a request: an error, thrown or rejected, is a miss.
 */
export interface CacheStore {
  /** The value of `key`, unchanged; undefined when there is none (any more). Callers don't write into it. */
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Stores a value for any time; callers don't write into `value` afterwards. */
  set(key: string, value: Uint8Array): void | Promise<void>;
}
