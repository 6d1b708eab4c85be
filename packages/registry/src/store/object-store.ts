/** One direct child of a folder of a store. */
export interface StoreEntry {
  readonly name: string;
  readonly kind: 'object' | 'folder';
}

/**
 * Makes the body of an object, in chunks; each call starts again.
 *
 * A chunk is valid until the next one is requested; copy it to use it longer. A body that throws while it is read creates nothing.
 */
export type ObjectBody = () => AsyncIterable<Uint8Array>;

/**
 * Where a registry keeps its objects: everything rests on the single primitive *create if absent*.
 *
 * Objects never change and are never overwritten, so what was read once stays true. Keys are `/`-separated names of
 * letters, digits, `.`, `_` and `-`.
 */
export interface ObjectStore {
  /** Where this is, for messages: a path or an address. */
  readonly location: string;

  /**
   * Creates the object `key` unless it exists, whole or not at all.
   *
   * Resolves to whether *this call* created it. Either way the object at `key` is durable once the promise resolves.
   * A streamed body isn't opened when the key is known to be taken. A store that can lose the answer to a successful
   * write has to distinguish its own object from another writer's before it resolves to false; every record in a registry carries
   * a nonce, so equal bytes are its own.
   */
  create(key: string, body: Uint8Array | ObjectBody): Promise<boolean>;

  /**
   * Reads a whole object, or `undefined` when there is none.
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

  /** Length of an object in bytes, or `undefined` when there is none. */
  size(key: string): Promise<number | undefined>;

  /** The direct children of a folder (`''` is the root), in order of their names; none when there is no such folder. */
  list(folder: string): Promise<readonly StoreEntry[]>;

  /** How long ago an object was created, in milliseconds by the clocks at hand; `undefined` when there is none. */
  age(key: string): Promise<number | undefined>;

  /**
   * Removes an object, if it exists.
   *
   * For what nothing names any more and what was only for the moment: manifests and the entries of aliases stay.
   */
  remove(key: string): Promise<void>;

  /**
   * Finds out whether the store keeps to *create if absent*, before anything is overwritten; only a store that could fail
   * to has this. Without permission to write the check is skipped.
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
