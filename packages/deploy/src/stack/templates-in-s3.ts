import { createHash } from 'node:crypto';

import type { S3Client } from '@aws-sdk/client-s3';

import { checkOptions, checkText } from '../check-options.ts';

/** Options of {@link templatesInS3}. */
export interface TemplatesInS3Options {
  /** Client of S3, with region and credentials. */
  readonly client: S3Client;
  /** Bucket and prefix, such as `s3://acme-deploy/releases`. CloudFormation reads it with the credentials of the caller. */
  readonly location: string;
}

/**
 * Returns a function for the option `storeTemplate` of {@link planStack}. It stores a template as `templates/<SHA-256>.json` below the location, unless it
 * is there, and resolves to its URL. The template isn't removed.
 *
 * Needs `@aws-sdk/client-s3`, `s3:GetObject`, `s3:ListBucket` and `s3:PutObject`.
 *
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`; the returned function rejects with RegistryError
 * `ERR_REGISTRY_INVALID_OPTION` for another location, or the error of S3
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
  return async (template) => {
    const { HeadBucketCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const { parseS3Url } = await import('@fairlead/registry/s3');
    const { bucket: Bucket, prefix } = parseS3Url(location);
    const digest = createHash('sha256').update(template).digest('hex');
    const Key = `${prefix === '' ? '' : `${prefix}/`}templates/${digest}.json`;
    const { BucketRegion: region = await client.config.region() } = await client.send(
      new HeadBucketCommand({ Bucket }),
    );
    try {
      await client.send(
        new PutObjectCommand({
          ...{ Bucket, Key, Body: template, IfNoneMatch: '*' },
          ContentType: 'application/json',
        }),
      );
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'PreconditionFailed') throw error;
    }
    const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    return `https://s3.${region}.${domain}/${Bucket}/${Key}`;
  };
}
