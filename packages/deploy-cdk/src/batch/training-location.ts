import type { Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';
import { storedObjects } from '../storage/stored-objects.ts';

/** Place of rows and models of trainings in S3. */
export interface TrainingLocation {
  /** Address, as a policy of retraining has it: `s3://bucket/prefix`. */
  readonly address: string;
  readonly bucket: string;
  /** Beginning of the keys without a slash at the end. */
  readonly prefix: string;
}

/**
 * Returns the location of the option, or its default.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` for a location within what the deployment stores: S3 refuses the writes of trainings there,
 * which have no condition, and the objects there must not expire.
 */
export function trainingLocation(
  deployment: Deployment,
  location: string | undefined,
): TrainingLocation {
  const stored = storedObjects(deployment);
  const registry = stored.find(({ kind }) => kind === 'registry');
  const address = location ?? (registry && `s3://${registry.bucket}/training`);
  if (address === undefined) {
    throw invalidOption(
      'Option batch.location is not set, and the registry of the deployment is not in S3: name a bucket, such as "s3://acme-training/prod".',
    );
  }
  const [, bucket, prefix] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/([\w!.'()-]+(?:\/[\w!.'()-]+)*)\/?$/.exec(
      address,
    ) ?? [];
  if (bucket === undefined || prefix === undefined) {
    throw invalidOption(
      `Option batch.location is ${JSON.stringify(address)}: expected a bucket with a prefix, such as "s3://acme-models/training".`,
    );
  }
  const near = stored.find((each) => each.bucket === bucket && overlaps(each.prefix, prefix));
  if (near !== undefined) {
    throw invalidOption(
      `Option batch.location is ${JSON.stringify(address)}, which overlaps the ${near.kind} in s3://${near.bucket}/${near.prefix}: S3 refuses the writes of trainings there. Use another prefix, or another bucket.`,
    );
  }
  return { address: `s3://${bucket}/${prefix}`, bucket, prefix };
}

function overlaps(one: string, other: string): boolean {
  const [a, b] = [one, other].map((prefix) => (prefix === '' ? '' : `${prefix}/`)) as [
    string,
    string,
  ];
  return a.startsWith(b) || b.startsWith(a);
}
