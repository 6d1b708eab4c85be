import type { JobState } from '../job/job.ts';

/** Event of a {@link JobRunner}, for logs and metrics. */
export type JobEvent =
  | {
      readonly type: 'job-finished';
      readonly id: string;
      readonly model: string;
      readonly state: Exclude<JobState, 'queued' | 'running'>;
      readonly attempts: number;
      /** Time since the job was accepted, in milliseconds. */
      readonly durationMs: number;
      readonly status?: number;
      readonly reason?: string;
    }
  | {
      readonly type: 'job-retried';
      readonly id: string;
      readonly model: string;
      readonly attempt: number;
      readonly status: number;
      readonly delayMs: number;
    }
  /** The job was canceled, or another process has its lease: the result of this process is discarded. */
  | { readonly type: 'job-lost'; readonly id: string; readonly model: string }
  | { readonly type: 'webhook-delivered'; readonly id: string; readonly attempt: number }
  | {
      readonly type: 'webhook-retried' | 'webhook-abandoned';
      readonly id: string;
      readonly attempt: number;
      readonly reason: string;
    }
  /** The storage of the queue failed; the operation is retried. */
  | { readonly type: 'queue-failed'; readonly error: unknown };
