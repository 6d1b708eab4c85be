/**
 * Store of a model's responses, by keys that name the version and its exact inputs.
 *
 * What it holds is the server's own encoding of outputs. A store never fails a request: what it throws, rejects with, or
 * can't find is a miss.
 */
export interface CacheStore {
  /** The value of `key`, unchanged; undefined when there is none (any more). Callers don't write into it. */
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Keeps a value for as long as it sees fit; `value` isn't written into afterwards. */
  set(key: string, value: Uint8Array): void | Promise<void>;
}
