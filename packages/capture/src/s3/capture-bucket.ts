import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CaptureError } from '../capture-error.ts';
import { checkOptions, invalidOption } from '../check-options.ts';
import type { CaptureObjectEntry, CaptureObjects } from '../objects/capture-objects.ts';

/** Options of {@link captureBucket}. */
export interface CaptureBucketOptions {
  /** A client; its retries and timeouts apply. */
  readonly client: Pick<S3Client, 'send'>;
  readonly bucket: string;
  /**
   * Begin of all keys, without a slash at the end.
   * @defaultValue '' (the root of the bucket)
   */
  readonly prefix?: string | undefined;
}

/**
 * Stores captures and labels in a bucket of S3, with conditional writes. In a bucket with versioning, deleted rows stay in older
 * versions of an object until a lifecycle rule expires them.
 *
 * @throws CaptureError `ERR_CAPTURE_INVALID_OPTION`; its methods throw `ERR_CAPTURE_STORE_FAILED`
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { captureBucket } from '@fairlead/capture/s3';
 *
 * const client = new S3Client({ region: 'eu-central-1' });
 * const objects = captureBucket({ client, bucket: 'models', prefix: 'monitoring' });
 * console.log(objects.location); // s3://models/monitoring
 * ```
 */
export function captureBucket(options: CaptureBucketOptions): CaptureObjects {
  const names = { client: 'required', bucket: 'required', prefix: 'optional' } as const;
  const { client, bucket, prefix = '' } = checkOptions('captureBucket', options, names);
  if (typeof bucket !== 'string' || bucket === '') {
    throw invalidOption('captureBucket: bucket must be the name of a bucket.');
  }
  if (prefix.startsWith('/') || prefix.endsWith('/')) {
    throw invalidOption('captureBucket: prefix must not begin or end with a slash.');
  }
  const keyOf = (key: string): string => (prefix === '' ? key : `${prefix}/${key}`);
  const at = (key: string) => ({ Bucket: bucket, Key: keyOf(key) });

  const attempt = async <T>(work: string, key: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CaptureError(
        'ERR_CAPTURE_STORE_FAILED',
        `could not ${work} s3://${bucket}/${keyOf(key)}: ${reason}`,
        { cause: error },
      );
    }
  };

  return {
    location: `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`,

    create: (key, body) =>
      attempt('create', key, async () => {
        const command = new PutObjectCommand({ ...at(key), Body: body, IfNoneMatch: '*' });
        return client.send(command).then(
          () => true,
          (error: unknown) => valueIf([412], error, false),
        );
      }),

    read: (key) =>
      attempt('read', key, async () => {
        try {
          const { Body, ETag } = await client.send(new GetObjectCommand(at(key)));
          const body = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
          return { body, tag: ETag ?? '' };
        } catch (error) {
          valueIf([404], error, undefined);
          return;
        }
      }),

    replace: (key, body, tag) =>
      attempt('replace', key, async () => {
        const command = new PutObjectCommand({ ...at(key), Body: body, IfMatch: tag });
        return client.send(command).then(
          () => true,
          (error: unknown) => valueIf([404, 409, 412], error, false),
        );
      }),

    remove: (key) =>
      attempt('remove', key, async () => {
        await client.send(new DeleteObjectCommand(at(key)));
      }),

    list: (folder) =>
      attempt('list', folder, async () => {
        const begin = folder === '' && prefix === '' ? '' : `${keyOf(folder)}/`.replace('//', '/');
        const entries: CaptureObjectEntry[] = [];
        let token: string | undefined;
        do {
          const page = await client.send(
            new ListObjectsV2Command({
              ...{ Bucket: bucket, Prefix: begin, Delimiter: '/' },
              ...(token !== undefined && { ContinuationToken: token }),
            }),
          );
          for (const { Prefix = '' } of page.CommonPrefixes ?? []) {
            entries.push({ name: Prefix.slice(begin.length, -1), kind: 'folder' });
          }
          for (const { Key = '' } of page.Contents ?? []) {
            if (Key !== begin) entries.push({ name: Key.slice(begin.length), kind: 'object' });
          }
          token = page.NextContinuationToken;
        } while (token !== undefined);
        return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      }),

    // An upload to S3 is complete or leaves nothing.
    sweep: () => Promise.resolve(0),
  };
}

function valueIf<T>(statuses: readonly number[], error: unknown, value: T): T {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  if (statuses.includes($metadata?.httpStatusCode ?? 0)) return value;
  throw error;
}
