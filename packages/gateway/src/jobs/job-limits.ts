import type { JobLimits } from '@fairlead/jobs';
import type { Settings } from '../settings/settings.ts';

/** The bounds of a queue of jobs; those that are `auto` are left to the queue. */
export function jobLimits(settings: Settings): JobLimits {
  const { jobsMaxPerClient, jobsMaxPerModel, jobsMaxBytesPerClient, jobsMaxBytesPerModel } =
    settings;
  return {
    maxJobs: settings.jobsMax,
    maxBytes: settings.jobsMaxBytes,
    ...(jobsMaxPerClient !== undefined && { maxJobsPerOwner: jobsMaxPerClient }),
    ...(jobsMaxPerModel !== undefined && { maxJobsPerModel: jobsMaxPerModel }),
    ...(jobsMaxBytesPerClient !== undefined && { maxBytesPerOwner: jobsMaxBytesPerClient }),
    ...(jobsMaxBytesPerModel !== undefined && { maxBytesPerModel: jobsMaxBytesPerModel }),
  };
}
