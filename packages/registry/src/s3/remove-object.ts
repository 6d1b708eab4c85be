import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { nameOf } from './s3-error.ts';
import type { S3Requests } from './s3-requests.ts';

/** Returns the age of an object in milliseconds by this host's clock; `undefined` when there is none. */
export function getAge(requests: S3Requests, key: string): Promise<number | undefined> {
  const { bucket: Bucket } = requests.location;
  // Not HEAD, whose refusals don't distinguish a missing object from a missing bucket; nor a range, which empty objects lack.
  const command = new GetObjectCommand({ Bucket, Key: requests.keyOf(key) });
  return requests.run('look for', key, async (attempt) => {
    try {
      const { Body, LastModified } = await requests.client.send(command, attempt);
      if (Body !== undefined && 'destroy' in Body) Body.destroy();
      return LastModified && Date.now() - LastModified.getTime();
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey') return undefined;
      throw error;
    }
  });
}

/** Removes an object, if it exists. */
export async function removeObject(requests: S3Requests, key: string): Promise<void> {
  const { bucket: Bucket } = requests.location;
  const command = new DeleteObjectCommand({ Bucket, Key: requests.keyOf(key) });
  await requests.run('remove', key, async (attempt) => {
    try {
      await requests.client.send(command, attempt);
    } catch (error) {
      // Other services than S3 may say so.
      if (nameOf(error) !== 'NoSuchKey') throw error;
    }
  });
}
