/**
 * Storage of rollouts with *create if absent*; the folder and S3 stores of `@fairlead/registry` are such.
 *
 * Objects never change; counts are removed once their sum was created.
 */
export interface RolloutObjects {
  /** Creates an object unless it exists, completely or not at all; resolves to true if this call created it. */
  create(key: string, body: Uint8Array): Promise<boolean>;
  /** Reads an object; undefined if it doesn't exist. */
  read(key: string, limits: { readonly maxBytes: number }): Promise<Uint8Array | undefined>;
  /** Lists the direct children of a folder; empty if it doesn't exist. */
  list(
    folder: string,
  ): Promise<readonly { readonly name: string; readonly kind: 'object' | 'folder' }[]>;
  /** Removes an object, if it exists; without this method counts that were summed up stay. */
  remove?(key: string): Promise<void>;
}
