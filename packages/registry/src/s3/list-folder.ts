import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { StoreEntry } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { isKeySegment } from '../store/store-key.ts';
import { nameOf } from './s3-error.ts';
import type { S3Requests } from './s3-requests.ts';

/** Lists the direct children of a folder, in order of their names. */
export async function listFolder(
  requests: S3Requests,
  folder: string,
): Promise<readonly StoreEntry[]> {
  const prefix = requests.keyOf(folder === '' ? '' : `${folder}/`);
  const entries: StoreEntry[] = [];
  const add = (name: string, kind: StoreEntry['kind']): void => {
    if (isKeySegment(name)) entries.push({ name, kind });
  };
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: requests.location.bucket,
      Prefix: prefix,
      Delimiter: '/',
      ContinuationToken: token,
    });
    const page = await requests.run('list', folder, (attempt) =>
      requests.client.send(command, attempt),
    );
    for (const { Key = '' } of page.Contents ?? []) add(Key.slice(prefix.length), 'object');
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) {
      add(Prefix.slice(prefix.length, -1), 'folder');
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Aborts the uploads that were begun before `startedBefore` (milliseconds since 1970) and never completed.
 *
 * Resolves to their number; 0 without permission to list uploads.
 */
export async function sweepUploads(requests: S3Requests, startedBefore: number): Promise<number> {
  const { bucket: Bucket } = requests.location;
  let removed = 0;
  let marker: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {};
  while (marker !== undefined) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket,
      Prefix: requests.keyOf(''),
      ...marker,
    });
    const page = await unlessDenied(
      requests.run('sweep', '', (attempt) => requests.client.send(command, attempt)),
    );
    for (const { Key, UploadId, Initiated } of page?.Uploads ?? []) {
      if ((Initiated?.getTime() ?? Infinity) > startedBefore) continue;
      const abort = new AbortMultipartUploadCommand({ Bucket, Key, UploadId });
      const done = requests.run('sweep', '', (attempt) =>
        requests.client.send(abort, attempt).catch((error: unknown) => {
          // Its writer has finished it.
          if (nameOf(error) !== 'NoSuchUpload') throw error;
        }),
      );
      if ((await unlessDenied(done.then(() => true))) === true) removed += 1;
    }
    marker =
      page?.IsTruncated === true
        ? {
            ...(page.NextKeyMarker !== undefined && { KeyMarker: page.NextKeyMarker }),
            ...(page.NextUploadIdMarker !== undefined && {
              UploadIdMarker: page.NextUploadIdMarker,
            }),
          }
        : undefined;
  }
  return removed;
}

/** Uploads that this process may not remove don't prevent the rest. */
async function unlessDenied<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'ERR_REGISTRY_STORE_DENIED') {
      return undefined;
    }
    throw error;
  }
}
