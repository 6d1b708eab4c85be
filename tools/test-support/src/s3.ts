import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/** Credentials and region for moto, which accepts any. */
export const awsTestConnection = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
} as const;

/** Creates a client of the S3 at `endpoint`. */
export function s3Client(endpoint: string, config: S3ClientConfig = {}): S3Client {
  return new S3Client({ endpoint, ...awsTestConnection, forcePathStyle: true, ...config });
}

let count = 0;

/** Creates a bucket that no other test uses, and resolves to its name. */
export async function newBucket(client: S3Client): Promise<string> {
  count += 1;
  const bucket = `test-${process.pid}-${count}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}
