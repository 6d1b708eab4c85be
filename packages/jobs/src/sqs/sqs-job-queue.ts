import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { checkIntegers } from '../errors/check-integers.ts';
import { checkFunction, checkMethods, checkOptions } from '../errors/check-options.ts';
import { jobLimitNames, resolveJobLimits, type JobLimits } from '../limits/job-limits.ts';
import { DurableJobQueue } from '../queue/durable-job-queue.ts';
import type { JobQueue } from '../queue/job-queue.ts';
import { BucketRecords } from './bucket-records.ts';
import { JobBucket } from './job-bucket.ts';
import { JobMessages } from './job-messages.ts';
import { SqsLeaseQueue } from './sqs-lease-queue.ts';

/** Options of {@link sqsJobQueue}. */
export interface SqsJobQueueOptions extends JobLimits {
  /** Client of SQS, with region and credentials. */
  readonly sqs: SQSClient;
  /** Client of S3, with region and credentials. */
  readonly s3: S3Client;
  /** URL of a standard queue, for jobs to run. */
  readonly queueUrl: string;
  /** URL of a second standard queue, for webhooks to deliver; without it jobs with a webhook are rejected. */
  readonly webhookQueueUrl?: string;
  /** Bucket of requests and results. */
  readonly bucket: string;
  /**
   * Prefix of the objects in the bucket.
   * @defaultValue "jobs/"
   */
  readonly prefix?: string;
  /**
   * Retention of finished jobs, in milliseconds.
   * @defaultValue 86400000 (a day)
   */
  readonly retentionMs?: number;
  /**
   * Jobs that may wait or run; over it new jobs are rejected.
   * @defaultValue 10000
   */
  readonly maxJobs?: number;
  /**
   * Bytes of requests and stored responses; over it new jobs are rejected, and a job whose response exceeds it fails.
   * @defaultValue 10737418240 (10 GiB)
   */
  readonly maxBytes?: number;
  /**
   * Clock in milliseconds since the epoch.
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
}

const optionNames = {
  ...jobLimitNames,
  sqs: 'required',
  s3: 'required',
  queueUrl: 'required',
  webhookQueueUrl: 'optional',
  bucket: 'required',
  prefix: 'optional',
  retentionMs: 'optional',
  now: 'optional',
} as const;
const COUNT_INTERVAL_MS = 1000;
const REQUEUE_AFTER_MS = 600_000;
// Of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
const MAX_MESSAGE_AGE_MS = 14 * 86_400_000;

/**
 * Creates a queue in SQS and S3, for services on several hosts.
 *
 * Requests and results are objects, ids of waiting jobs are messages. A result is written with a conditional request, so
 * a job finishes once, however often SQS delivers its message. Set the message retention of the queues to the time for
 * which jobs may wait. The runner decides after how many attempts a job fails: a redrive policy needs a `maxReceiveCount` far
 * above that, such as 100, for messages that end every process that receives them.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { SQSClient } from '@aws-sdk/client-sqs';
 * import { sqsJobQueue } from '@fairlead/jobs/sqs';
 *
 * const queue = sqsJobQueue({
 *   sqs: new SQSClient({ region: 'eu-central-1' }),
 *   s3: new S3Client({ region: 'eu-central-1' }),
 *   queueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs',
 *   bucket: 'acme-jobs',
 * });
 * console.log(typeof queue.enqueue); // function
 * ```
 */
export function sqsJobQueue(options: SqsJobQueueOptions): JobQueue {
  checkOptions('sqsJobQueue', options, optionNames);
  const { sqs, s3, queueUrl, webhookQueueUrl, prefix = 'jobs/' } = options;
  const { retentionMs = 86_400_000, now = Date.now } = options;
  checkMethods('sqs', sqs, ['send']);
  checkMethods('s3', s3, ['send']);
  checkFunction('now', now);
  checkIntegers({ retentionMs });
  const limits = resolveJobLimits(options, { maxJobs: 10_000, maxBytes: 10 * 1024 ** 3 });
  const bucket = new JobBucket(s3, options.bucket, prefix);
  return new DurableJobQueue(
    {
      records: new BucketRecords(bucket),
      runs: new SqsLeaseQueue({
        ...{ messages: new JobMessages(sqs, queueUrl), bucket },
        ...{ entries: 'sent/', leased: 'running/' },
      }),
      webhooks:
        webhookQueueUrl === undefined
          ? undefined
          : new SqsLeaseQueue({
              messages: new JobMessages(sqs, webhookQueueUrl),
              bucket,
              entries: 'webhooks/',
            }),
      countIntervalMs: COUNT_INTERVAL_MS,
      isCountedOnAccept: false,
      requeueAfterMs: REQUEUE_AFTER_MS,
      maxEntryAgeMs: MAX_MESSAGE_AGE_MS,
    },
    { limits, retentionMs, now },
  );
}
