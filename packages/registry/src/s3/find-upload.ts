import {
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type MultipartUpload as ListedUpload,
  type Part,
} from '@aws-sdk/client-s3';
import { RegistryError } from '../errors/registry-error.ts';
import { nameOf } from './s3-error.ts';
import type { S3Requests } from './s3-requests.ts';

/** An unfinished upload, with its parts in S3. */
export interface FoundUpload {
  readonly uploadId: string;
  readonly parts: ReadonlyMap<number, Part>;
}

/** Finds the newest unfinished upload of the object `key`; none without permission to list uploads. */
export async function findUpload(
  requests: S3Requests,
  key: string,
): Promise<FoundUpload | undefined> {
  try {
    const uploads = await listUploads(requests, key);
    const { UploadId: uploadId } = uploads.reduce<ListedUpload>(
      (newest, each) => (timeOf(each) >= timeOf(newest) ? each : newest),
      {},
    );
    if (uploadId === undefined) return undefined;
    const parts = await listParts(requests, key, uploadId);
    return parts && { uploadId, parts };
  } catch (error) {
    // It can be uploaded again by a process with the permission.
    if (error instanceof RegistryError && error.code === 'ERR_REGISTRY_STORE_DENIED') {
      return undefined;
    }
    throw error;
  }
}

async function listUploads(requests: S3Requests, key: string): Promise<readonly ListedUpload[]> {
  const Key = requests.keyOf(key);
  // The first page is enough: keys that begin with this one, which is as long as keys get here, are this one.
  const command = new ListMultipartUploadsCommand({
    Bucket: requests.location.bucket,
    Prefix: Key,
  });
  const { Uploads = [] } = await requests.run('write', key, (attempt) =>
    requests.client.send(command, attempt),
  );
  return Uploads.filter((upload) => upload.Key === Key);
}

async function listParts(
  requests: S3Requests,
  key: string,
  UploadId: string,
): Promise<ReadonlyMap<number, Part> | undefined> {
  const parts = new Map<number, Part>();
  let marker: string | undefined;
  do {
    const command: ListPartsCommand = new ListPartsCommand({
      Bucket: requests.location.bucket,
      Key: requests.keyOf(key),
      UploadId,
      ...(marker !== undefined && { PartNumberMarker: marker }),
    });
    const page = await requests.run('write', key, (attempt) =>
      requests.client.send(command, attempt).catch((error: unknown) => {
        // Its writer has finished it, or a sweep has removed it.
        if (nameOf(error) === 'NoSuchUpload') return undefined;
        throw error;
      }),
    );
    if (page === undefined) return undefined;
    for (const part of page.Parts ?? []) parts.set(part.PartNumber ?? 0, part);
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts;
}

const timeOf = ({ Initiated }: ListedUpload): number => Initiated?.getTime() ?? 0;
