import type { Deployment } from '@fairlead/deploy-config';
import { Stack } from 'aws-cdk-lib';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

import { invalidOption } from '../check-options.ts';
import { Storage } from './storage.ts';
import type { StorageOptions } from './storage-options.ts';
import { storedObjects } from './stored-objects.ts';

/** Service that starts programs with the stack. */
export interface StartedService {
  readonly deployment: Deployment;
  readonly storage?: StorageOptions | Storage | undefined;
  /** Name of the bucket of releases, if programs come from one. @defaultValue none */
  readonly releaseBucket?: string;
}

/** Rejects buckets of the same stack that programs read when they start: they are empty until the stack is created, which waits for the programs. */
export function checkNewBuckets(
  scope: Construct,
  { deployment, storage, releaseBucket }: StartedService,
): void {
  if (storage === undefined) return;
  if (storage instanceof Storage && Stack.of(storage) !== Stack.of(scope)) return;
  const where = 'Create a Storage in another stack';
  if (releaseBucket !== undefined && releaseNames(storage).includes(releaseBucket)) {
    throw invalidOption(
      `Option release.bucket is ${JSON.stringify(releaseBucket)}, which this stack creates: hosts would start before it has the archive. ${where}, upload the archive, and give it as storage.`,
    );
  }
  const registry = storedObjects(deployment).find(({ kind }) => kind === 'registry');
  if (registry === undefined) return;
  throw invalidOption(
    `Option storage creates the bucket ${JSON.stringify(registry.bucket)} of FAIRLEAD_REGISTRY in this stack: programs would start before it has a model, never become ready, and the stack would be rolled back. ${where}, push and promote the models, and give it as storage.`,
  );
}

function releaseNames(storage: StorageOptions | Storage): readonly (string | undefined)[] {
  if (!(storage instanceof Storage)) return [storage.releaseBucketName];
  const resource = storage.releases?.node.defaultChild as CfnBucket | undefined;
  return [storage.releases?.bucketName, resource?.bucketName];
}
