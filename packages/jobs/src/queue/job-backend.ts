import type { LeaseQueue } from './lease-queue.ts';
import type { RecordStore } from './record-store.ts';

/** Storage of a queue, and how it behaves. */
export interface JobBackend {
  readonly records: RecordStore;
  /** Jobs to run. */
  readonly runs: LeaseQueue;
  /** Webhooks to deliver; without it jobs with a webhook are rejected. */
  readonly webhooks: LeaseQueue | undefined;
  /** Minimum time between two counts of the records, in milliseconds. */
  readonly countIntervalMs: number;
  /** Counts again before a job is accepted, so that concurrent processes never exceed a limit together. */
  readonly isCountedOnAccept: boolean;
  /** Age after which a request without an entry was cut off by a crash, in milliseconds. */
  readonly requeueAfterMs: number;
  /** Age after which the backend has lost the entry of a request, in milliseconds. */
  readonly maxEntryAgeMs: number;
}
