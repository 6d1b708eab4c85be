import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/** A client of the S3 at `endpoint`, which takes any credentials. */
export function s3Client(endpoint: string, config: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    ...config,
  });
}

let count = 0;

/** Makes a bucket of its own for one test; resolves to its name. */
export async function newBucket(client: S3Client): Promise<string> {
  count += 1;
  const bucket = `registry-${process.pid}-${count}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}
