import { checkIntegers } from '../errors/check-integers.ts';

/** Names of the limits, for the check of options. */
export const jobLimitNames = {
  maxJobs: 'optional',
  maxJobsPerOwner: 'optional',
  maxJobsPerModel: 'optional',
  maxBytes: 'optional',
  maxBytesPerOwner: 'optional',
  maxBytesPerModel: 'optional',
} as const;

/** Limits of a queue: in total, for each owner, and for each model. */
export interface JobLimits {
  /** Jobs that may wait or run, and the same number of webhooks that may wait for their delivery. */
  readonly maxJobs?: number;
  /**
   * The same for the jobs of one owner; jobs without an owner have no such limit.
   * @defaultValue a quarter of `maxJobs`
   */
  readonly maxJobsPerOwner?: number;
  /**
   * The same for the jobs of one model.
   * @defaultValue half of `maxJobs`
   */
  readonly maxJobsPerModel?: number;
  /** Bytes of requests and stored responses, each rounded up to blocks of 4096 bytes. */
  readonly maxBytes?: number;
  /**
   * The same for the jobs of one owner; jobs without an owner have no such limit.
   * @defaultValue a quarter of `maxBytes`
   */
  readonly maxBytesPerOwner?: number;
  /**
   * The same for the jobs of one model.
   * @defaultValue half of `maxBytes`
   */
  readonly maxBytesPerModel?: number;
}

/**
 * Resolves the defaults of the limits.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and its value.
 */
export function resolveJobLimits(
  given: JobLimits,
  defaults: { readonly maxJobs: number; readonly maxBytes: number },
): Required<JobLimits> {
  const { maxJobs = defaults.maxJobs, maxBytes = defaults.maxBytes } = given;
  const {
    maxJobsPerOwner = Math.ceil(maxJobs / 4),
    maxJobsPerModel = Math.ceil(maxJobs / 2),
    maxBytesPerOwner = Math.ceil(maxBytes / 4),
    maxBytesPerModel = Math.ceil(maxBytes / 2),
  } = given;
  const limits = {
    ...{ maxJobs, maxJobsPerOwner, maxJobsPerModel },
    ...{ maxBytes, maxBytesPerOwner, maxBytesPerModel },
  };
  checkIntegers(limits);
  return limits;
}
