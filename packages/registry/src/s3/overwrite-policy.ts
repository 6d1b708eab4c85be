import { checkOptions } from '../checks/check-options.ts';
import { s3Location } from './s3-location.ts';

/** Bucket and prefix that {@link overwritePolicy} protects. */
export interface OverwritePolicyOptions {
  /** Name of the bucket. */
  readonly bucket: string;
  /**
   * The prefix of the registry.
   *
   * @defaultValue none: the whole bucket
   */
  readonly prefix?: string;
  /**
   * Partition of the bucket's ARN: `aws`, `aws-cn` or `aws-us-gov`.
   *
   * @defaultValue 'aws'
   */
  readonly partition?: string;
  /**
   * ARNs of the roles that may delete objects, such as that of garbage collection; patterns with `*` are allowed.
   *
   * @defaultValue all roles may delete
   */
  readonly mayDelete?: readonly string[];
}

/** One statement of a bucket policy. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal: string;
  readonly Action: string | readonly string[];
  readonly Resource: string;
  readonly Condition: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

/** A bucket policy, ready for `JSON.stringify`. */
export interface BucketPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/**
 * Creates a bucket policy with which S3 denies every overwrite of an object of a registry.
 *
 * The policy denies every write without `If-None-Match`; the parts of an upload can't have it and are exempt, because they
 * create no object (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html).
 * This also denies copying into the registry.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` for an invalid bucket or prefix.
 *
 * @example
 * ```ts
 * import { overwritePolicy } from '@fairlead/registry/s3';
 *
 * const policy = overwritePolicy({ bucket: 'models', prefix: 'team-a' });
 * console.log(policy.Statement[0]?.Resource); // arn:aws:s3:::models/team-a/*
 * ```
 */
export function overwritePolicy(options: OverwritePolicyOptions): BucketPolicy {
  const { partition = 'aws', mayDelete } = checkOptions('overwritePolicy', options, {
    bucket: 'required',
    prefix: 'optional',
    partition: 'optional',
    mayDelete: 'optional',
  });
  const { bucket, prefix } = s3Location(options.bucket, options.prefix);
  const Resource = `arn:${partition}:s3:::${bucket}/${prefix === '' ? '' : `${prefix}/`}*`;
  const statements: PolicyStatement[] = [
    {
      Sid: 'RegistryObjectsAreNeverOverwritten',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource,
      Condition: {
        Null: { 's3:if-none-match': 'true' },
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    },
  ];
  if (mayDelete !== undefined) {
    statements.push({
      Sid: 'RegistryObjectsAreDeletedByFew',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      Resource,
      Condition: { ArnNotLike: { 'aws:PrincipalArn': mayDelete } },
    });
  }
  return { Version: '2012-10-17', Statement: statements };
}
