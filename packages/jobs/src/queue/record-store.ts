/** Kinds of records: requests of jobs that wait or run, finished jobs, and idempotency keys. */
export type StoredKind = 'pending' | 'finished' | 'keys';

/** Name of a record, with the time at which it was written. */
export interface StoredName {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAtMs: number;
}

/** Start of a record. */
export interface RecordHead {
  /** First line of the record, parsed. */
  readonly facts: unknown;
  /** Size of the whole record in bytes. */
  readonly size: number;
}

/**
 * Durable records, shared by several processes; a backend of the queue implements it. Each record is written whole, and
 * the first process that creates a name has it.
 */
export interface RecordStore {
  /** Writes a record durably unless its name exists; resolves to true when it was written. */
  create(kind: StoredKind, name: string, record: Buffer): Promise<boolean>;
  /** Reads a whole record; undefined when there is none. */
  read(kind: StoredKind, name: string): Promise<Buffer | undefined>;
  /** Reads the first line of a record; undefined when there is none. */
  readHead(kind: StoredKind, name: string): Promise<RecordHead | undefined>;
  has(kind: StoredKind, name: string): Promise<boolean>;
  /** Removes a record; does nothing when there is none. */
  remove(kind: StoredKind, name: string): Promise<void>;
  /** Ids of jobs of a kind. */
  ids(kind: 'pending' | 'finished'): AsyncIterable<string>;
  /** Ids of jobs of a kind, each with the time at which its record was written. */
  list(kind: 'pending' | 'finished'): AsyncIterable<StoredName>;
  /** Removes incomplete records that a crash left before `timeMs`, in milliseconds since the epoch. */
  removeIncomplete(timeMs: number): Promise<void>;
}
