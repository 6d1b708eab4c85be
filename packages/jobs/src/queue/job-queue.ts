import type { PlannedDelivery } from '@fairlead/webhooks';
import type { Job, JobOrder, JobOutcome } from '../job/job.ts';

/** What a client asks to have run later. */
export interface NewJob extends Omit<JobOrder, 'id' | 'createdAtMs' | 'idempotency'> {
  /** What is stored. */
  readonly body: Uint8Array;
  /**
   * The body as it was sent, which tells whether two requests are the same.
   * @defaultValue `body`
   */
  readonly sentBody?: Uint8Array;
  /** The client's own name for the request: repeated, it gets the same job. */
  readonly idempotencyKey?: string;
}

/** What is known of a job before its body is read. */
export type PlannedJob = Pick<NewJob, 'owner' | 'model' | 'webhookUrl'>;

/** How long to wait for work, and how long to have it. */
export interface ClaimOptions extends LeaseOptions {
  /** Whether jobs of a model may be claimed at this moment; without it all may. */
  readonly accepts?: (model: string) => boolean;
}

/** How long to wait for a webhook, and how long to have it. */
export interface NoticeClaimOptions extends LeaseOptions {
  /** Whether a webhook may be claimed at this moment; without it all may. */
  readonly accepts?: (delivery: PlannedDelivery) => boolean;
  /** Calls the listener whenever more may be accepted; returns what ends that. */
  readonly onFreed?: (listener: () => void) => () => void;
}

/** How long a claim is waited for, and how long it holds. */
export interface LeaseOptions {
  /** How long the claim holds without being extended, in milliseconds. */
  readonly leaseMs: number;
  /** Stops the wait. */
  readonly signal: AbortSignal;
}

/** A job that this process runs; when its lease runs out, somebody else may. */
export interface JobClaim {
  readonly order: JobOrder;
  readonly body: Buffer;
  /** Which run this is, from 1; runs that were given back uncounted aside. */
  readonly attempt: number;
  /** Holds it for another lease; false when it was canceled, ended or claimed elsewhere. */
  extend(): Promise<boolean>;
  /**
   * Makes the outcome visible, durably, and lets the job go; false when it had ended before.
   *
   * @throws JobsError `ERR_JOBS_OWNER_LIMIT`, `ERR_JOBS_FULL` or `ERR_JOBS_TOO_LARGE` when the
   * response has no room; an outcome without a response always has.
   */
  finish(outcome: JobOutcome): Promise<boolean>;
  /** Gives it back for a run in `delayMs` or later; `counted` says whether this one counts as an attempt. */
  release(options: { readonly delayMs: number; readonly counted: boolean }): Promise<void>;
}

/** A webhook that this process delivers; when its lease runs out, somebody else may. */
export interface NoticeClaim {
  readonly job: Job;
  /** Which delivery this is, from 1. */
  readonly attempt: number;
  /** It was delivered, or is given up. */
  finish(): Promise<void>;
  /** Gives it back for another delivery in `delayMs` or later; `counted`, by default true, as for a job. */
  release(options: { readonly delayMs: number; readonly counted?: boolean }): Promise<void>;
}

/** How much a queue holds. */
export interface JobDepth {
  /** Jobs that wait. */
  readonly queued: number;
  /** Jobs that run somewhere. */
  readonly running: number;
}

/**
 * Where jobs wait, durably: what was accepted is run at least once, and ends exactly once.
 *
 * A failure of the storage itself rejects with whatever the storage threw.
 */
export interface JobQueue {
  /**
   * Refuses a job that would exceed a bound, before its body is read.
   *
   * @throws JobsError `ERR_JOBS_OWNER_LIMIT` when its owner has as much as one owner may,
   * `ERR_JOBS_FULL` when its model or the whole queue has, `ERR_JOBS_TOO_LARGE` for what never fits.
   */
  requireRoom(job: PlannedJob): Promise<void>;
  /**
   * Accepts a job: when this resolves, it survives the end of the process. The same idempotency key with the same
   * request resolves to the job that it made before.
   *
   * @throws JobsError as {@link requireRoom}, or `ERR_JOBS_IDEMPOTENCY_MISMATCH` for a key that another request
   * had.
   */
  enqueue(job: NewJob): Promise<Job>;
  /** The next job to run; waits for one until `signal` aborts, and then resolves to undefined. */
  claim(options: ClaimOptions): Promise<JobClaim | undefined>;
  /** The next webhook to deliver; waits for one until `signal` aborts, and then resolves to undefined. */
  claimNotice(options: NoticeClaimOptions): Promise<NoticeClaim | undefined>;
  /** A job as it stands; undefined when there is none of this id, or its time is over. */
  get(id: string): Promise<Job | undefined>;
  /** Describes a job for clients, in responses and webhooks. */
  describe(job: Job): object;
  /** How a job ended, with the answer; undefined while it hasn't. */
  outcome(id: string): Promise<JobOutcome | undefined>;
  /** Ends a job as canceled unless it has ended; resolves to the job as it is then. */
  cancel(id: string): Promise<Job | undefined>;
  /** Deletes a job that has ended, with its answer and idempotency key; false when there is none. */
  remove(id: string): Promise<boolean>;
  /** How much it holds, for metrics. */
  depth(): Promise<JobDepth>;
  /** Forgets what has been kept for its time, and mends what a crash left behind. */
  sweep(): Promise<void>;
}
