import { randomUUID } from 'node:crypto';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ObjectBody } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { bodyParts } from './body-parts.ts';
import { BLOBS } from '../store/layout.ts';
import { MultipartUpload } from './multipart-upload.ts';
import { statusOf } from './s3-error.ts';
import type { S3Requests } from './s3-requests.ts';

/** Name of the metadata that distinguishes one's own object from another writer's. */
const WRITER = 'fairlead-writer';

/** Options of an upload. */
interface PutBodyOptions {
  /** Longer bodies are uploaded in parts of this many bytes. */
  readonly partBytes: number;
  /** Awaited before an upload in parts begins. */
  readonly beforeParts: () => Promise<void>;
}

/** Number of restarts of an upload that S3 lost. */
const MAX_UPLOADS = 4;

/**
 * Creates an object from bytes in memory unless it exists; resolves to whether this call did.
 *
 * The answer to a write can be lost, and the SDK then writes again and finds its own object (412). So each
 * object has the id of its call in its metadata, which is read before a 412 counts as a conflict.
 */
export async function putBytes(
  requests: S3Requests,
  key: string,
  bytes: Uint8Array,
  writer: string = randomUUID(),
): Promise<boolean> {
  const command = new PutObjectCommand({
    Bucket: requests.location.bucket,
    Key: requests.keyOf(key),
    Body: bytes,
    IfNoneMatch: '*',
    Metadata: { [WRITER]: writer },
  });
  for (;;) {
    const created = await requests.run(
      'write',
      key,
      (attempt) => requests.client.send(command, attempt).then(() => true, refused),
      bytes.length,
    );
    if (created) return true;
    const owner = await writerOf(requests, key);
    // The conflicting object was removed again.
    if (owner === undefined) continue;
    return owner === writer;
  }
}

/**
 * Like {@link putBytes}, of a body of any length: a long one is uploaded in parts, with a few of them in memory.
 *
 * A blob continues an interrupted upload of it. When two writers send one blob at the same moment, each
 * may get the result that it created it.
 */
export async function putBody(
  requests: S3Requests,
  key: string,
  body: ObjectBody,
  { partBytes, beforeParts }: PutBodyOptions,
): Promise<boolean> {
  const writer = randomUUID();
  for (let upload = 1; ; upload += 1) {
    const parts = bodyParts(body(), partBytes);
    const first = await parts.next();
    if (first.done === true) throw new TypeError('a body has at least one part');
    if (first.value.last) return putBytes(requests, key, first.value.bytes, writer);
    // The key of a blob is its hash: parts that were uploaded before are correct, or replaced.
    const resumable = upload === 1 && key.startsWith(`${BLOBS}/`);
    await beforeParts();
    const metadata = { [WRITER]: writer };
    const multipart = await MultipartUpload.begin(requests, key, metadata, resumable);
    if ((await multipart.complete(first.value, parts)) === 'created') return true;
    // Refused or unknown: a lost answer, or another writer at the same moment.
    const owner = await writerOf(requests, key);
    if (owner !== undefined) return owner === writer;
    if (upload === MAX_UPLOADS) {
      throw new RegistryError(
        'ERR_REGISTRY_STORE_UNAVAILABLE',
        `cannot write ${requests.nameOf(key)}: S3 lost its upload ${MAX_UPLOADS} times; try again later`,
      );
    }
  }
}

/** Returns the id of the call that wrote the object; `''` for another program, `undefined` if it doesn't exist. */
async function writerOf(requests: S3Requests, key: string): Promise<string | undefined> {
  const command = new HeadObjectCommand({
    Bucket: requests.location.bucket,
    Key: requests.keyOf(key),
  });
  return requests.run('read', key, (attempt) =>
    requests.client.send(command, attempt).then(
      ({ Metadata }) => Metadata?.[WRITER] ?? '',
      (error: unknown) => {
        if (statusOf(error) === 404) return undefined;
        throw error;
      },
    ),
  );
}

function refused(error: unknown): false {
  if (statusOf(error) === 412) return false;
  throw error;
}
