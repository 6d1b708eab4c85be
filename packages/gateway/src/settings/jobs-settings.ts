import { setting } from './setting.ts';
import { bucketName, names, queueUrl, text, whole, wholeOrAuto } from './setting-values.ts';

/** Settings of asynchronous inference. */
export const jobsSettings = {
  jobsFolder: setting(
    'FAIRLEAD_JOBS_FOLDER',
    text.optional(),
    undefined,
    'Folder of asynchronous jobs (`Prefer: respond-async`) and their results; several gateways may share it. Without it and without a queue there are no jobs.',
  ),
  jobsQueueUrl: setting(
    'FAIRLEAD_JOBS_QUEUE_URL',
    queueUrl.optional(),
    undefined,
    'Instead of the folder, for gateways on several hosts: URL of a standard SQS queue for the jobs. Gateways with the same queue serve the same models.',
  ),
  jobsBucket: setting(
    'FAIRLEAD_JOBS_BUCKET',
    bucketName.optional(),
    undefined,
    'Bucket for the requests and results of these jobs, below `jobs/`. Required with the queue.',
  ),
  jobsWebhookQueueUrl: setting(
    'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL',
    queueUrl.optional(),
    undefined,
    'URL of a second standard queue for their webhooks. Required with the queue and webhook origins.',
  ),
  jobsConcurrency: setting(
    'FAIRLEAD_JOBS_CONCURRENCY',
    whole(1, 1000),
    '1',
    'Jobs that run at the same time; synchronous requests have priority.',
  ),
  jobsLeaseMs: setting(
    'FAIRLEAD_JOBS_LEASE_MS',
    whole(1000, 43_200_000),
    '15000',
    'Time after which another gateway runs a job whose gateway was killed. The gateway that runs it renews the lease; in SQS it is the visibility timeout of the message.',
  ),
  jobsMax: setting(
    'FAIRLEAD_JOBS_MAX',
    whole(1, 1_000_000),
    '1000',
    'Maximum number of jobs that wait or run; further ones are rejected.',
  ),
  jobsMaxPerClient: setting(
    'FAIRLEAD_JOBS_MAX_PER_CLIENT',
    wholeOrAuto(1, 1_000_000),
    'auto',
    'The same for the jobs of one client, by its API key; `auto` is a quarter. Further ones get 429.',
  ),
  jobsMaxPerModel: setting(
    'FAIRLEAD_JOBS_MAX_PER_MODEL',
    wholeOrAuto(1, 1_000_000),
    'auto',
    'The same for the jobs of one model, so that a model that is not ready leaves room for the others; `auto` is half.',
  ),
  jobsMaxBytes: setting(
    'FAIRLEAD_JOBS_MAX_BYTES',
    whole(1_048_576, 1_099_511_627_776),
    '1073741824',
    'Maximum bytes of requests and stored results, each in blocks of 4096; above it new jobs are rejected, and a job whose result has no room fails.',
  ),
  jobsMaxBytesPerClient: setting(
    'FAIRLEAD_JOBS_MAX_BYTES_PER_CLIENT',
    wholeOrAuto(4096, 1_099_511_627_776),
    'auto',
    'The same for the jobs of one client; `auto` is a quarter.',
  ),
  jobsMaxBytesPerModel: setting(
    'FAIRLEAD_JOBS_MAX_BYTES_PER_MODEL',
    wholeOrAuto(4096, 1_099_511_627_776),
    'auto',
    'The same for the jobs of one model; `auto` is half.',
  ),
  jobsMaxAnswerBytes: setting(
    'FAIRLEAD_JOBS_MAX_ANSWER_BYTES',
    whole(1024, 1_073_741_824),
    '67108864',
    'Maximum bytes of one result; a job with a larger one fails.',
  ),
  jobsRetentionMs: setting(
    'FAIRLEAD_JOBS_RETENTION_MS',
    whole(1000, 2_592_000_000),
    '86400000',
    'Time that the result of a job is stored.',
  ),
  webhookOrigins: setting(
    'FAIRLEAD_WEBHOOK_ORIGINS',
    names.optional(),
    undefined,
    'Allowed destinations of webhooks of finished jobs, separated by commas: `https://host`, optionally with a port and the beginning of a path. No other address is called. A name must resolve to public addresses.',
  ),
  webhookPrivateOrigins: setting(
    'FAIRLEAD_WEBHOOK_PRIVATE_ORIGINS',
    names.optional(),
    undefined,
    'Like the origins, for names that may resolve to loopback and private addresses; among the origins such a name is refused at each delivery. Link-local and metadata addresses are never called.',
  ),
  webhookSecrets: setting(
    'FAIRLEAD_WEBHOOK_SECRETS',
    names.optional(),
    undefined,
    'Secrets that sign webhooks, separated by commas during a rotation: each `whsec_` and 24 to 64 bytes in base64. Required with the origins.',
  ),
} as const;
