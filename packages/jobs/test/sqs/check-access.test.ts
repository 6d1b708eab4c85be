import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { checkBucketAccess, checkQueueAccess } from '@fairlead/jobs/sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMoto, type MotoServer } from '@fairlead/test-support';

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
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

test('an existing queue and bucket pass, a missing one is an error that names it', async () => {
  const { sqs, s3 } = clients(moto.port);
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'jobs' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'acme' }));
  await checkQueueAccess(sqs, QueueUrl);
  await checkBucketAccess(s3, 'acme');
  await expect(checkQueueAccess(sqs, `${QueueUrl}-2`)).rejects.toEqual(invalid(`${QueueUrl}-2`));
  await expect(checkBucketAccess(s3, 'nowhere')).rejects.toEqual(invalid('the bucket nowhere'));
});

test('a client without a region is rejected', async () => {
  const region = () => Promise.reject(new Error('Region is missing'));
  const { sqs } = clients(moto.port, { region });
  const url = `http://127.0.0.1:${moto.port}/1/jobs`;
  await expect(checkQueueAccess(sqs, url)).rejects.toEqual(invalid('Region is missing'));
});

test('an unknown host name is an error, an unreachable host passes', async () => {
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
