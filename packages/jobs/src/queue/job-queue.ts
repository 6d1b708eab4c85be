import type { PlannedDelivery } from '@fairlead/webhooks';
import type { Job, JobOutcome, JobRequest } from '../job/job.ts';

/** A request to be run asynchronously. */
export interface NewJob extends Omit<JobRequest, 'id' | 'createdAtMs' | 'idempotency'> {
  /** Bytes to store. */
  readonly body: Uint8Array;
  /**
   * Body as the client sent it, by which repeated requests are compared.
   * @defaultValue `body`
   */
  readonly sentBody?: Uint8Array;
  /** Key of the client for this request: a repeated request gets the same job. */
  readonly idempotencyKey?: string;
}

/** Part of a job that is known before its body is read. */
export type PlannedJob = Pick<NewJob, 'owner' | 'model' | 'webhookUrl'>;

/** Duration of a lease, and of the wait for it. */
export interface LeaseOptions {
  /** Time after which the lease expires unless it is extended, in milliseconds. */
  readonly leaseMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** Options of {@link JobQueue.leaseJob}. */
export interface JobLeaseOptions extends LeaseOptions {
  /** Returns true when jobs of a model may be leased now; without it all may. */
  readonly accepts?: (model: string) => boolean;
}

/** Options of {@link JobQueue.leaseWebhook}. */
export interface WebhookLeaseOptions extends LeaseOptions {
  /** Returns true when a webhook may be leased now; without it all may. */
  readonly accepts?: (delivery: PlannedDelivery) => boolean;
  /** Registers a listener that is called when more webhooks may be accepted; returns a function that removes it. */
  readonly onFreed?: (listener: () => void) => () => void;
}

/** A job that this process runs; when the lease expires, another process may run it. */
export interface JobLease {
  readonly request: JobRequest;
  readonly body: Buffer;
  /** Number of the run, from 1; runs that were released uncounted are excluded. */
  readonly attempt: number;
  /** Extends the lease; false when the job was canceled, finished or leased elsewhere. */
  extend(): Promise<boolean>;
  /**
   * Stores the outcome durably and removes the job from the queue; false when the job had finished before.
   *
   * @throws JobsError `ERR_JOBS_OWNER_LIMIT`, `ERR_JOBS_FULL` or `ERR_JOBS_TOO_LARGE` when the response exceeds a limit;
   * an outcome without a response never does.
   */
  finish(outcome: JobOutcome): Promise<boolean>;
  /** Returns the job to the queue, to be run in `delayMs` or later; `counted` decides whether this run counts as an attempt. */
  release(options: { readonly delayMs: number; readonly counted: boolean }): Promise<void>;
}

/** A webhook that this process delivers; when the lease expires, another process may deliver it. */
export interface WebhookLease {
  /** The finished job. */
  readonly job: Job;
  /** Number of the delivery, from 1. */
  readonly attempt: number;
  /** Removes the webhook: it was delivered, or is abandoned. */
  finish(): Promise<void>;
  /** Returns the webhook to the queue, to be delivered in `delayMs` or later; `counted` is true by default. */
  release(options: { readonly delayMs: number; readonly counted?: boolean }): Promise<void>;
}

/** Number of jobs in a queue. */
export interface JobDepth {
  /** Waiting jobs. */
  readonly queued: number;
  /** Running jobs, of all processes. */
  readonly running: number;
}

/**
 * Durable queue: an accepted job runs at least once, and finishes exactly once.
 *
 * A failure of the storage rejects with the error of the storage.
 */
export interface JobQueue {
  /**
   * Rejects a job that would exceed a limit, before its body is read.
   *
   * @throws JobsError `ERR_JOBS_OWNER_LIMIT` for a limit of its owner, `ERR_JOBS_FULL` for one of its model or of the whole
   * queue, `ERR_JOBS_TOO_LARGE` for a job that never fits.
   */
  requireRoom(job: PlannedJob): Promise<void>;
  /**
   * Accepts a job: when this resolves, the job survives the end of the process. A repeated idempotency key with the same
   * request resolves to the job that it created.
   *
   * @throws JobsError as {@link requireRoom}, or `ERR_JOBS_IDEMPOTENCY_MISMATCH` for a key of another request.
   */
  enqueue(job: NewJob): Promise<Job>;
  /** Waits for the next job until `signal` aborts, and then resolves to undefined. */
  leaseJob(options: JobLeaseOptions): Promise<JobLease | undefined>;
  /** Waits for the next webhook until `signal` aborts, and then resolves to undefined. */
  leaseWebhook(options: WebhookLeaseOptions): Promise<WebhookLease | undefined>;
  /** Reads a job; undefined when no job has this id, or its retention has ended. */
  get(id: string): Promise<Job | undefined>;
  /** Describes a job for clients, in responses and webhooks. */
  describe(job: Job): object;
  /** Outcome of a job with its response; undefined before it has finished. */
  outcome(id: string): Promise<JobOutcome | undefined>;
  /** Cancels a job unless it has finished; resolves to the job after that. */
  cancel(id: string): Promise<Job | undefined>;
  /** Deletes a finished job with its response and idempotency key; false when there is none. */
  remove(id: string): Promise<boolean>;
  /** Number of jobs, for metrics. */
  depth(): Promise<JobDepth>;
  /** Removes jobs whose retention has ended, and repairs what a crash left incomplete. */
  sweep(): Promise<void>;
}
