import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { JobQueue } from '@fairlead/jobs';
import { sqsJobQueue } from '@fairlead/jobs/sqs';
import type { QueueSettings } from '../queue/job-queue-behavior.ts';

const BUCKET = 'jobs';

/** Opens the queue that is named `place` at the moto of `port`; made when it isn't there. Its client of S3 is `prepare`d. */
export async function openSqsQueue(
  {
    port,
    place,
    hasWebhooks = true,
  }: { readonly port: number; readonly place: string; readonly hasWebhooks?: boolean },
  settings: QueueSettings = {},
  prepare: (s3: S3Client) => void = () => undefined,
): Promise<JobQueue> {
  const connection = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const sqs = new SQSClient(connection);
  const s3 = new S3Client({ ...connection, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  prepare(s3);
  const create = async (QueueName: string): Promise<string> => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
    return QueueUrl;
  };
  return sqsJobQueue({
    sqs,
    s3,
    queueUrl: await create(place),
    ...(hasWebhooks && { webhookQueueUrl: await create(`${place}-webhooks`) }),
    bucket: BUCKET,
    prefix: place,
    ...settings,
  });
}
