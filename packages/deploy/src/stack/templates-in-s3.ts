import { createHash } from 'node:crypto';

import type { S3Client } from '@aws-sdk/client-s3';

import { awsDomain } from '../aws-domain.ts';
import { checkOptions, checkText, invalidOption } from '../check-options.ts';

/** Time for a request to S3, in milliseconds. */
const REQUEST_MS = 30_000;

/** Options of {@link templatesInS3}. */
export interface TemplatesInS3Options {
  /** Client of S3, with region and credentials. */
  readonly client: S3Client;
  /** Bucket and prefix, such as `s3://acme-deploy/releases`. CloudFormation reads it with the credentials of the caller. */
  readonly location: string;
}

/**
 * Returns a function for the option `storeTemplate` of {@link planStack}. It stores a template as `templates/<SHA-256>.json` below the location,
 * unless it is there, and resolves to its URL. The template isn't removed. Each request may take 30 s.
 *
 * Needs `@aws-sdk/client-s3`, `s3:GetObject`, `s3:ListBucket` and `s3:PutObject`.
 *
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`; the returned function rejects with an Error that names the bucket
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { templatesInS3 } from '@fairlead/deploy/stack';
 *
 * const client = new S3Client({ region: 'eu-central-1' });
 * const storeTemplate = templatesInS3({ client, location: 's3://acme-deploy/releases' });
 * console.log(typeof storeTemplate); // function
 * ```
 */
export function templatesInS3(
  options: TemplatesInS3Options,
): (template: string) => Promise<string> {
  checkOptions('templatesInS3', options, { client: 'required', location: 'required' });
  const { client, location } = options;
  checkText('location', 's3://bucket/prefix', location);
  const [, Bucket, prefix = ''] =
    /^s3:\/\/([a-z0-9.-]{3,63})(?:\/([^/].*?))?\/*$/.exec(location) ?? [];
  if (Bucket === undefined) {
    // It may hold credentials, which belong elsewhere.
    throw invalidOption('Option location: expected s3://bucket/prefix, without anything else.');
  }
  return async (template) => {
    const { HeadBucketCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const digest = createHash('sha256').update(template).digest('hex');
    const Key = `${prefix === '' ? '' : `${prefix}/`}templates/${digest}.json`;
    const send = <T>(work: (abort: { readonly abortSignal: AbortSignal }) => Promise<T>) =>
      work({ abortSignal: AbortSignal.timeout(REQUEST_MS) }).catch((error: unknown) => {
        throw storageProblem(Bucket, error);
      });
    const head = await send((abort) =>
      client.send(new HeadBucketCommand({ Bucket }), abort).catch((error: unknown) => {
        // The region of the client is that of the bucket, unless the next request fails.
        if (statusOf(error) === 403) return { BucketRegion: undefined };
        throw error;
      }),
    );
    const region = head.BucketRegion ?? (await client.config.region());
    const object = { Bucket, Key, Body: template, ContentType: 'application/json' };
    await send((abort) =>
      client
        .send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }), abort)
        .catch((error: unknown) => {
          // The same bytes are there, or another plan stores them now.
          if (![409, 412].includes(statusOf(error) ?? 0)) throw error;
        }),
    );
    return `https://s3.${region}.${awsDomain(region)}/${Bucket}/${Key}`;
  };
}

function statusOf(error: unknown): number | undefined {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata
    ?.httpStatusCode;
}

/** Names the bucket: S3 answers a HEAD without a message. */
function storageProblem(bucket: string, cause: unknown): Error {
  const status = statusOf(cause);
  const name = cause instanceof Error ? cause.name : String(cause);
  const reasons: Readonly<Record<number, string>> = {
    301: 'the bucket is in another region',
    403: 'its credentials are not allowed to',
    404: 'there is no such bucket',
  };
  const reason = reasons[status ?? 0] ?? (cause instanceof Error ? cause.message : name);
  return new Error(`s3://${bucket}: ${reason} (${name})`, { cause });
}
