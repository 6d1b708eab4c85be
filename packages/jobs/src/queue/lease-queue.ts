import type { JobDepth, LeaseOptions } from './job-queue.ts';

/** An entry that this process has leased; other processes get it when the lease expires. */
export interface Lease {
  readonly id: string;
  /** Number of leases of this entry, this one included; those that were released uncounted are excluded. */
  readonly attempt: number;
  /** Extends the lease; false when another process has the entry. */
  extend(): Promise<boolean>;
  /** Returns the entry to the queue, to be leased in `delayMs` or later. */
  release(options: { readonly delayMs: number; readonly counted: boolean }): Promise<void>;
  /** Removes the entry: its work is done. */
  remove(): Promise<void>;
}

/** Options of {@link LeaseQueue.lease}. */
export interface EntryLeaseOptions extends LeaseOptions {
  /** Returns true when the entry may be leased now. */
  readonly accepts: (id: string) => boolean;
  /** Called before a backend that scans its entries does so. */
  readonly beforeScan: () => Promise<void>;
  /** Registers a listener that is called when more entries may be accepted; returns a function that removes it. */
  readonly onFreed?: ((listener: () => void) => () => void) | undefined;
}

/** Entry of a job, as it is added. */
export interface NewEntry {
  /** Time from which it may be leased, in milliseconds since the epoch. */
  readonly dueMs: number;
  /** Size of its record in bytes. */
  readonly bytes: number;
}

/** Ids of jobs that wait for work, each leased by one process at a time; a backend of the queue implements it. */
export interface LeaseQueue {
  /** Adds the entry of a job durably; to add it twice has no further effect, or runs the job twice. */
  add(id: string, entry: NewEntry): Promise<void>;
  /** Waits for the next entry until `signal` aborts, and then resolves to undefined. */
  lease(options: EntryLeaseOptions): Promise<Lease | undefined>;
  /** Removes the entry of a job that no process has leased, as far as the backend can. */
  remove(id: string): Promise<void>;
  /** Resolves to true when there is an entry of the job, leased or not. */
  has(id: string): Promise<boolean>;
  /** Resolves to true when a process has leased the entry of the job. */
  isLeased(id: string): Promise<boolean>;
  /** Ids of all entries, leased or not. */
  ids(): AsyncIterable<string>;
  /** Number of entries. */
  depth(): Promise<JobDepth>;
}
