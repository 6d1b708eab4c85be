import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { JobQueue } from '@fairlead/jobs';
import { checkBucketAccess, checkQueueAccess, sqsJobQueue } from '@fairlead/jobs/sqs';
import { jobLimits } from './job-limits.ts';
import { forSettingLater } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

const CONNECT_MS = 2000;
/** Longer than the 20 seconds of a long poll of SQS. */
const SILENCE_MS = 30_000;
/** Connections for webhooks, requests of clients and leases, in addition to those that wait for jobs. */
const OTHER_CONNECTIONS = 50;

/**
 * Opens the queue in SQS and S3 that the settings name; undefined when they name none.
 *
 * The AWS SDK finds region and credentials.
 *
 * @throws SettingsError when SQS or S3 rejects a setting; an unreachable service is no error.
 */
export async function openSqsQueue(settings: Settings): Promise<JobQueue | undefined> {
  const { jobsQueueUrl: queueUrl, jobsWebhookQueueUrl: webhookQueueUrl } = settings;
  const { jobsBucket: bucket, jobsRetentionMs: retentionMs } = settings;
  if (queueUrl === undefined || bucket === undefined) return undefined;
  // Each consumer that waits for a message holds a connection; the SDK's 50 would leave none to accept a job.
  const maxSockets = settings.jobsConcurrency + OTHER_CONNECTIONS;
  const requestHandler = {
    connectionTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    httpAgent: { maxSockets, keepAlive: true },
    httpsAgent: { maxSockets, keepAlive: true },
  };
  const sqs = new SQSClient({ requestHandler });
  const s3 = new S3Client({ requestHandler });
  await Promise.all([
    forSettingLater('FAIRLEAD_JOBS_QUEUE_URL', () => checkQueueAccess(sqs, queueUrl)),
    forSettingLater('FAIRLEAD_JOBS_BUCKET', () => checkBucketAccess(s3, bucket)),
    webhookQueueUrl &&
      forSettingLater('FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL', () =>
        checkQueueAccess(sqs, webhookQueueUrl),
      ),
  ]);
  return sqsJobQueue({
    ...{ sqs, s3, queueUrl, bucket, retentionMs, ...jobLimits(settings) },
    ...(webhookQueueUrl !== undefined && { webhookQueueUrl }),
  });
}
