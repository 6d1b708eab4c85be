import { setting } from './setting.ts';
import { bucketName, names, queueUrl, text, whole } from './setting-values.ts';

/** Inference that is answered later. */
export const jobsSettings = {
  jobsFolder: setting(
    'FAIRLEAD_JOBS_FOLDER',
    text.optional(),
    undefined,
    'Folder in which inference that is to be answered later waits (`Prefer: respond-async`), and its answers; several gateways may share it. Without it and without a queue there is none.',
  ),
  jobsQueueUrl: setting(
    'FAIRLEAD_JOBS_QUEUE_URL',
    queueUrl.optional(),
    undefined,
    'Instead of the folder, for gateways on several hosts: URL of a standard queue of SQS in which the jobs wait. Gateways with the same queue serve the same models.',
  ),
  jobsBucket: setting(
    'FAIRLEAD_JOBS_BUCKET',
    bucketName.optional(),
    undefined,
    'The bucket that keeps the requests and answers of these jobs, below `jobs/`. Required with the queue.',
  ),
  jobsWebhookQueueUrl: setting(
    'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL',
    queueUrl.optional(),
    undefined,
    'URL of a second standard queue, in which their webhooks wait. Required with the queue and webhook origins.',
  ),
  jobsConcurrency: setting(
    'FAIRLEAD_JOBS_CONCURRENCY',
    whole(1, 1000),
    '1',
    'Jobs that run at the same time, after every request that somebody waits for.',
  ),
  jobsMax: setting(
    'FAIRLEAD_JOBS_MAX',
    whole(1, 1_000_000),
    '1000',
    'Jobs that may wait or run; over it new ones are refused.',
  ),
  jobsRetentionMs: setting(
    'FAIRLEAD_JOBS_RETENTION_MS',
    whole(1000, 2_592_000_000),
    '86400000',
    'How long the answer of a job is kept.',
  ),
  webhookOrigins: setting(
    'FAIRLEAD_WEBHOOK_ORIGINS',
    names.optional(),
    undefined,
    'Where webhooks may go when a job has ended, separated by commas: `https://host`, perhaps with a port and the beginning of a path. Nothing else is ever called.',
  ),
  webhookSecrets: setting(
    'FAIRLEAD_WEBHOOK_SECRETS',
    names.optional(),
    undefined,
    'What webhooks are signed with, separated by commas while one replaces another: each `whsec_` and 24 to 64 bytes in base64. Required with the origins.',
  ),
} as const;
