import type { JobState } from '../job/job.ts';

/** What happens to jobs on their own, for the log and for metrics. */
export type JobEvent =
  | {
      readonly type: 'job-finished';
      readonly id: string;
      readonly model: string;
      readonly state: Exclude<JobState, 'queued' | 'running'>;
      readonly attempts: number;
      /** From its acceptance. */
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
  /** It was canceled, or another process has it: what this one computed is thrown away. */
  | { readonly type: 'job-lost'; readonly id: string; readonly model: string }
  | { readonly type: 'webhook-delivered'; readonly id: string; readonly attempt: number }
  | {
      readonly type: 'webhook-retried' | 'webhook-given-up';
      readonly id: string;
      readonly attempt: number;
      readonly reason: string;
    }
  /** The storage of the queue failed; what it was about is tried again. */
  | { readonly type: 'queue-failed'; readonly error: unknown };
