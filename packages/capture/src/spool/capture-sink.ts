/** A complete spool file. */
export interface SpooledFile {
  /** Unique name; objects made from the file have it in their names, so that a repeated conversion finds its own. */
  readonly id: string;
  readonly path: string;
}

/** Stores spool files; a `ParquetSink` is one. */
export interface CaptureSink {
  /** Stores the requests of a file durably, the file is removed then. If it rejects, the file is passed again later, maybe by another process. */
  add(file: SpooledFile): Promise<void>;
  /** Ends threads and connections. */
  close?(): Promise<void>;
}
