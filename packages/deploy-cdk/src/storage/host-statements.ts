import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { argued } from '../nag/acknowledge.ts';
import { keyPattern, type StoredKind, type StoredObjects } from './stored-objects.ts';

/** Permissions on keys, by the statement's purpose. */
type KeyPermissions = Readonly<Record<string, readonly string[]>>;

const PROBE = '.conditional-write-check';

/** Actions on objects of hosts that serve, with the keys below the prefix. The tests compare them with the requests of the packages. */
const permissions: Readonly<Record<StoredKind, KeyPermissions>> = {
  registry: {
    's3:GetObject': ['*'],
    // Rollouts, events and drift verdicts; versions, aliases and blobs are pushed by other roles.
    's3:PutObject': [PROBE, 'claims/*', 'drift/*', 'models/*', 'rollouts/*', 'windows/*'],
    's3:DeleteObject': [PROBE, 'claims/*', 'rollouts/*/counts/*'],
  },
  captures: { 's3:GetObject': ['*'], 's3:PutObject': ['*'], 's3:DeleteObject': ['*'] },
  jobs: { 's3:GetObject': ['*'], 's3:PutObject': ['*'], 's3:DeleteObject': ['*'] },
  backups: {
    's3:GetObject': ['*'],
    's3:PutObject': ['*'],
    's3:DeleteObject': ['*'],
    // Uploads of large files in parts.
    's3:AbortMultipartUpload': ['*'],
    's3:ListMultipartUploadParts': ['*'],
  },
};

/** Reasons for the wildcards in the keys. */
const reasons: Readonly<Record<StoredKind, string>> = {
  registry:
    'Keys have the names of models, versions, rollouts, hosts and leases, which are known after the stack.',
  captures:
    'Keys have the model and the time of captured requests, and each request may be read, labeled and deleted.',
  jobs: 'Keys have the ids of jobs, which clients create.',
  backups: 'Keys have the host and the time of a backup.',
};

/**
 * Returns the statements of a role for objects of one kind.
 *
 * `s3:ListBucket` has no condition on the prefix: a request for an object that doesn't exist has no prefix, and S3 would answer 403 in place of 404.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function hostStatements(objects: StoredObjects): readonly PolicyStatement[] {
  const arn = bucketArn(objects.bucket);
  const onBucket = ['s3:ListBucket'];
  if (objects.kind === 'backups') onBucket.push('s3:ListBucketMultipartUploads');
  return [
    new PolicyStatement({ actions: onBucket, resources: [arn] }),
    ...Object.entries(permissions[objects.kind]).map(([action, keys]) =>
      argued(
        reasons[objects.kind],
        new PolicyStatement({
          actions: [action],
          resources: keys.map((key) => `${arn}/${keyPattern(objects, key)}`),
        }),
      ),
    ),
  ];
}

/** Returns the statement to read and write objects that S3 encrypts with a key; it allows no other use of the key. */
export function keyStatement(keyArn: string): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
  });
}

/** ARN of a bucket of this account's partition. */
export function bucketArn(bucket: string): string {
  return `arn:${Aws.PARTITION}:s3:::${bucket}`;
}
