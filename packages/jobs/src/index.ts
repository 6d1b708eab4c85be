export { JobsError } from './errors/jobs-error.ts';
export type { JobsErrorCode, JobsErrorOptions } from './errors/jobs-error.ts';
export { describeJob } from './job/describe-job.ts';
export type { Idempotency, Job, JobOutcome, JobRequest, JobResponse, JobState } from './job/job.ts';
export type { JobLimits } from './limits/job-limits.ts';
export type {
  JobDepth,
  JobLease,
  JobLeaseOptions,
  JobQueue,
  LeaseOptions,
  NewJob,
  PlannedJob,
  WebhookLease,
  WebhookLeaseOptions,
} from './queue/job-queue.ts';
export type { JobEvent } from './runner/job-event.ts';
export { JobRunner } from './runner/job-runner.ts';
export type { JobRunnerOptions } from './runner/job-runner.ts';
export type { JobRun, RunJob } from './runner/run-job.ts';
