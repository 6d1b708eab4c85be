/** One object in an export or a backup. */
export interface ArchiveEntry {
  /** Its key in a store. */
  readonly key: string;
  /** Length in bytes, as far as the archive says. */
  readonly size: number;
  /** Its bytes in chunks, each valid until the next one is requested; to be read before requesting the next entry. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Content of an export or a backup, in the order in which it has to be written to a store. */
export interface Archive {
  /** Location, for messages. */
  readonly location: string;
  /** Reads it from its start; can be called again. */
  entries(): AsyncIterable<ArchiveEntry>;
}
