import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { checkBucketAccess, checkQueueAccess } from '@fairlead/jobs/sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMoto, type MotoServer } from '@fairlead/test-support';

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
}, 120_000);
afterAll(() => moto.stop());

const invalid = (message: string) =>
  expect.objectContaining({
    code: 'ERR_JOBS_INVALID_OPTION',
    message: expect.stringContaining(message) as unknown,
  }) as unknown;

function clients(port: number, more: { readonly region?: () => Promise<string> } = {}) {
  const connection = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    ...more,
  };
  return {
    sqs: new SQSClient(connection),
    s3: new S3Client({ ...connection, forcePathStyle: true }),
  };
}

test('what is there is taken, what is not is refused by its name', async () => {
  const { sqs, s3 } = clients(moto.port);
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'jobs' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'acme' }));
  await checkQueueAccess(sqs, QueueUrl);
  await checkBucketAccess(s3, 'acme');
  await expect(checkQueueAccess(sqs, `${QueueUrl}-2`)).rejects.toEqual(invalid(`${QueueUrl}-2`));
  await expect(checkBucketAccess(s3, 'nowhere')).rejects.toEqual(invalid('the bucket nowhere'));
});

test('a client that lacks what it needs to ask is refused', async () => {
  const region = () => Promise.reject(new Error('Region is missing'));
  const { sqs } = clients(moto.port, { region });
  const url = `http://127.0.0.1:${moto.port}/1/jobs`;
  await expect(checkQueueAccess(sqs, url)).rejects.toEqual(invalid('Region is missing'));
});

test('a host whose name nobody knows is a mistake, one that is away may come back', async () => {
  const { sqs, s3 } = clients(9);
  await checkQueueAccess(sqs, 'http://127.0.0.1:9/1/jobs');
  await checkBucketAccess(s3, 'acme');
  const unnamed = new SQSClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: () =>
        Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })),
    },
  });
  const url = 'https://sqs.nowhere.invalid/1/jobs';
  await expect(checkQueueAccess(unnamed, url)).rejects.toEqual(invalid('ENOTFOUND'));
});
