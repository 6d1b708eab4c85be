import { S3Client } from '@aws-sdk/client-s3';
import { s3Store } from '@fairlead/registry/s3';
import { ModelRegistry } from '@fairlead/registry';
import { bigRequest } from '../big-request.ts';

// Pushes a file of several parts to S3, and prints its progress. Arguments: endpoint, bucket, prefix.

const [endpoint = '', bucket = '', prefix = ''] = process.argv.slice(2);
const client = new S3Client({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  forcePathStyle: true,
});
const store = s3Store({ bucket, prefix, client, partBytes: 5 * 1024 * 1024 });
await new ModelRegistry({ store }).push({
  ...bigRequest(),
  onProgress: ({ phase, bytes }) => process.stdout.write(`${phase} ${bytes}\n`),
});
