import type { JobLimits } from '@fairlead/jobs';
import type { Settings } from '../settings/settings.ts';

/** Returns the limits of a queue of jobs; the queue chooses those that are `auto`. */
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
