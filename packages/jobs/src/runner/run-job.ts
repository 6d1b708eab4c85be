import type { JobRequest, JobResponse } from '../job/job.ts';

/** Result of one run of a job. */
export interface JobRun {
  readonly response: JobResponse;
  /** Model version that computed the response; absent when none did. */
  readonly version?: string;
}

/** Runs a job once; `replayInference` of `@fairlead/serving` returns such a function. */
export type RunJob = (request: JobRequest, body: Buffer, signal: AbortSignal) => Promise<JobRun>;
