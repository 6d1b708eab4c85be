import { setting } from './setting.ts';
import { bucketName, names, queueUrl, text, whole, wholeOrAuto } from './setting-values.ts';

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
  jobsMaxPerClient: setting(
    'FAIRLEAD_JOBS_MAX_PER_CLIENT',
    wholeOrAuto(1, 1_000_000),
    'auto',
    'The same for the jobs of one client, by its API key; `auto` is a quarter. Over it new ones get 429.',
  ),
  jobsMaxPerModel: setting(
    'FAIRLEAD_JOBS_MAX_PER_MODEL',
    wholeOrAuto(1, 1_000_000),
    'auto',
    'The same for the jobs of one model, so that one that is not ready leaves room for the others; `auto` is half.',
  ),
  jobsMaxBytes: setting(
    'FAIRLEAD_JOBS_MAX_BYTES',
    whole(1_048_576, 1_099_511_627_776),
    '1073741824',
    'Bytes that requests and stored answers may take, each in blocks of 4096; over it new jobs are refused, and a job whose answer has no room fails.',
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
    'Bytes of one answer; a job with a larger one fails.',
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
    'Where webhooks may go when a job has ended, separated by commas: `https://host`, perhaps with a port and the beginning of a path. Nothing else is ever called. A name has to resolve to public addresses.',
  ),
  webhookPrivateOrigins: setting(
    'FAIRLEAD_WEBHOOK_PRIVATE_ORIGINS',
    names.optional(),
    undefined,
    'As the origins, for names that may resolve to loopback and private addresses; with the origins such a name is refused at each delivery. Link-local and metadata addresses are never called.',
  ),
  webhookSecrets: setting(
    'FAIRLEAD_WEBHOOK_SECRETS',
    names.optional(),
    undefined,
    'What webhooks are signed with, separated by commas while one replaces another: each `whsec_` and 24 to 64 bytes in base64. Required with the origins.',
  ),
} as const;
