import type { Settings } from './settings.ts';

/** The settings that say where webhooks may go, for messages. */
export const WEBHOOK_ORIGINS = 'FAIRLEAD_WEBHOOK_ORIGINS or FAIRLEAD_WEBHOOK_PRIVATE_ORIGINS';

/** Returns the contradictions between settings of jobs. */
export function contradictionsOfJobs(read: Settings): string[] {
  const { jobsFolder, jobsQueueUrl, jobsBucket, jobsWebhookQueueUrl } = read;
  const webhookOrigins = read.webhookOrigins ?? read.webhookPrivateOrigins;
  const problems: string[] = [];
  if (jobsFolder !== undefined && jobsQueueUrl !== undefined) {
    problems.push(
      'FAIRLEAD_JOBS_FOLDER keeps jobs in a folder and FAIRLEAD_JOBS_QUEUE_URL in SQS; leave one out',
    );
  }
  if (jobsQueueUrl !== undefined && jobsBucket === undefined) {
    problems.push('FAIRLEAD_JOBS_BUCKET is missing; FAIRLEAD_JOBS_QUEUE_URL needs it');
  }
  if (jobsQueueUrl === undefined && jobsBucket !== undefined) {
    problems.push('FAIRLEAD_JOBS_QUEUE_URL is missing; FAIRLEAD_JOBS_BUCKET is of no use without');
  }
  if (jobsQueueUrl === undefined && jobsWebhookQueueUrl !== undefined) {
    problems.push(
      'FAIRLEAD_JOBS_QUEUE_URL is missing; FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL is of no use without',
    );
  }
  if (jobsQueueUrl !== undefined && jobsQueueUrl === jobsWebhookQueueUrl) {
    problems.push(
      'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL is FAIRLEAD_JOBS_QUEUE_URL; webhooks need a separate queue',
    );
  }
  if (jobsWebhookQueueUrl !== undefined && webhookOrigins === undefined) {
    problems.push(
      `FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL needs webhooks that may go somewhere; set ${WEBHOOK_ORIGINS}`,
    );
  }
  if (webhookOrigins === undefined) return problems;
  if (jobsQueueUrl !== undefined && jobsWebhookQueueUrl === undefined) {
    problems.push(
      `FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL is missing; ${WEBHOOK_ORIGINS} needs it with FAIRLEAD_JOBS_QUEUE_URL`,
    );
  }
  if (jobsFolder === undefined && jobsQueueUrl === undefined) {
    problems.push(
      `${WEBHOOK_ORIGINS} needs jobs that end; set FAIRLEAD_JOBS_FOLDER or FAIRLEAD_JOBS_QUEUE_URL`,
    );
  }
  return problems;
}
