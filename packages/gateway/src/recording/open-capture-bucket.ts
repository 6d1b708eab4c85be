import { S3Client } from '@aws-sdk/client-s3';
import type { CaptureObjects } from '@fairlead/capture';
import { captureBucket } from '@fairlead/capture/s3';

const CONNECT_MS = 2000;
const SILENCE_MS = 30_000;

/**
 * Opens captures in S3; the AWS SDK finds region and credentials.
 *
 * @param location - `s3://bucket`, or `s3://bucket/prefix`
 */
export function openCaptureBucket(location: string): CaptureObjects {
  const [, , bucket = '', ...prefix] = location.replace(/\/+$/, '').split('/');
  const client = new S3Client({
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  });
  return captureBucket({ client, bucket, prefix: prefix.join('/') });
}
