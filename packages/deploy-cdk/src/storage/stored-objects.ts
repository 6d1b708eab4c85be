import type { Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';

/** Kind of the objects that hosts store in S3. */
export type StoredKind = 'registry' | 'captures' | 'jobs' | 'backups';

/** Objects of one kind, below a prefix of a bucket. */
export interface StoredObjects {
  readonly kind: StoredKind;
  readonly bucket: string;
  /** Beginning of the keys without a slash at the end; `''` for the whole bucket. */
  readonly prefix: string;
}

/** Prefix of `sqsJobQueue` in its bucket. */
const JOBS_PREFIX = 'jobs';

/**
 * Lists what hosts store in S3, from the addresses of the deployment: `FAIRLEAD_REGISTRY`, `FAIRLEAD_CAPTURE_LOCATION`, `FAIRLEAD_JOBS_BUCKET` and
 * `backup.to`.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` when one of them isn't an address of S3, or two of them overlap.
 */
export function storedObjects({ gateway, backup }: Deployment): readonly StoredObjects[] {
  const { FAIRLEAD_REGISTRY, FAIRLEAD_CAPTURE_LOCATION, FAIRLEAD_JOBS_BUCKET } =
    gateway.environment;
  const jobs = FAIRLEAD_JOBS_BUCKET && `s3://${FAIRLEAD_JOBS_BUCKET}/${JOBS_PREFIX}`;
  const found = [
    parse('registry', 'FAIRLEAD_REGISTRY', FAIRLEAD_REGISTRY),
    parse('captures', 'FAIRLEAD_CAPTURE_LOCATION', FAIRLEAD_CAPTURE_LOCATION),
    parse('jobs', 'FAIRLEAD_JOBS_BUCKET', jobs),
    parse('backups', 'backup.to', backup?.to),
  ].filter((objects) => objects !== undefined);
  checkOverlaps(found);
  return found;
}

/** Returns the key pattern of all objects of a kind, such as `prod/*`. */
export function keyPattern({ prefix }: Pick<StoredObjects, 'prefix'>, keys = '*'): string {
  return prefix === '' ? keys : `${prefix}/${keys}`;
}

function parse(
  kind: StoredKind,
  name: string,
  address: string | undefined,
): StoredObjects | undefined {
  // A folder of a host is no business of S3.
  if (!address?.startsWith('s3://')) return undefined;
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*?)\/*$/.exec(address) ?? [];
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw invalidOption(
      `${name} of the deployment is ${JSON.stringify(address)}, whose bucket ${JSON.stringify(bucket)} is no name that S3 accepts: use 3 to 63 lower-case letters, digits, dots and hyphens.`,
    );
  }
  return { kind, bucket, prefix };
}

/** Rejects objects within a prefix of others: each kind has separate rules for overwrites and retention. */
function checkOverlaps(all: readonly StoredObjects[]): void {
  for (const inner of all) {
    const outer = all.find(
      (other) =>
        other !== inner &&
        other.bucket === inner.bucket &&
        `${inner.prefix}/`.startsWith(other.prefix === '' ? '' : `${other.prefix}/`),
    );
    if (outer === undefined) continue;
    throw invalidOption(
      `The ${inner.kind} in s3://${inner.bucket}/${inner.prefix} are within the ${outer.kind} in s3://${outer.bucket}/${outer.prefix}: give each a prefix that contains no other, or a separate bucket.`,
    );
  }
}
