/** One direct child of a folder of a store. */
export interface StoreEntry {
  readonly name: string;
  readonly kind: 'object' | 'folder';
}

/**
 * Returns the body of an object, in chunks; each call starts again.
 *
 * A chunk is valid until the next one is requested; copy it to use it longer. A body that throws while it is read creates nothing.
 */
export type ObjectBody = () => AsyncIterable<Uint8Array>;

/**
 * Storage of the objects of a registry, with a single primitive for writing: *create if absent*.
 *
 * Objects never change and are never overwritten, so a read result stays valid. Keys are `/`-separated names of
 * letters, digits, `.`, `_` and `-`.
 */
export interface ObjectStore {
  /** Location, for messages: a path or an address. */
  readonly location: string;

  /**
   * Creates the object `key` unless it exists, completely or not at all.
   *
   * Resolves to true if *this call* created it. In both cases the object at `key` is durable once the promise resolves.
   * A streamed body isn't opened when the key is known to exist. A store that can lose the answer to a successful
   * write has to distinguish its own object from another writer's before it resolves to false; every record in a registry carries
   * a nonce, so equal bytes are from the same writer.
   */
  create(key: string, body: Uint8Array | ObjectBody): Promise<boolean>;

  /**
   * Reads a whole object, or `undefined` if it doesn't exist.
   *
   * @throws RegistryError `ERR_REGISTRY_TOO_LARGE` for an object of more than `maxBytes`, before reading it.
   */
  read(key: string, limits: { readonly maxBytes: number }): Promise<Uint8Array | undefined>;

  /**
   * Reads an object in chunks, each valid until the next one is requested.
   *
   * @throws RegistryError `ERR_REGISTRY_CORRUPT` at the first chunk when there is no such object.
   */
  stream(key: string): AsyncIterable<Uint8Array>;

  /** Length of an object in bytes, or `undefined` if it doesn't exist. */
  size(key: string): Promise<number | undefined>;

  /** The direct children of a folder (`''` is the root), in order of their names; empty if the folder doesn't exist. */
  list(folder: string): Promise<readonly StoreEntry[]>;

  /** Age of an object in milliseconds, by the clocks of store and host; `undefined` if it doesn't exist. */
  age(key: string): Promise<number | undefined>;

  /**
   * Removes an object, if it exists.
   *
   * For unreferenced blobs and temporary objects: manifests and entries of aliases are never removed.
   */
  remove(key: string): Promise<void>;

  /**
   * Checks that the store honors *create if absent*, before anything is overwritten; only stores that may not have this
   * method. Without permission to write the check is skipped.
   *
   * @throws RegistryError `ERR_REGISTRY_STORE_UNSUPPORTED`
   */
  checkConditionalWrites?(): Promise<void>;

  /**
   * Removes leftovers of interrupted writes that were not touched for `olderThanMs` milliseconds.
   *
   * Resolves to the number of leftovers removed. No object is ever removed.
   */
  sweep(olderThanMs: number): Promise<number>;
}
