import { expect, it } from 'vitest';

import type { StorageOptions } from '@fairlead/deploy-cdk';

import { containerProps, containerTemplate } from '../support/sample-containers.ts';
import { isolatedProps, propsWith, templateOf } from '../support/sample-stack.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

/** Types of resources that an option creates and that AWS bills, by the option. */
const billed = {
  storage: ['AWS::KMS::Key'],
  queue: ['AWS::SQS::Queue'],
  cache: ['AWS::ElastiCache::ReplicationGroup', 'AWS::SecretsManager::Secret'],
  watching: ['AWS::SNS::Topic', 'AWS::CloudWatch::Dashboard', 'AWS::CloudWatch::CompositeAlarm'],
  edge: ['AWS::CloudFront::Distribution', 'AWS::WAFv2::WebACL'],
  backup: ['AWS::Backup::BackupVault', 'AWS::Backup::BackupPlan'],
  ciRole: ['AWS::IAM::OIDCProvider'],
  batch: ['AWS::Batch::ComputeEnvironment', 'AWS::Batch::JobQueue', 'AWS::Batch::JobDefinition'],
};

it.each([
  ['hosts', () => templateOf(propsWith())],
  ['tasks', () => containerTemplate(containerProps())],
])(
  '%s without options have no resource of storage, queue, cache, watching, edge, backup, trainings and role of a pipeline',
  (_, create) => {
    const types = new Set(
      Object.values(create().toJSON().Resources as Record<string, { readonly Type: string }>).map(
        ({ Type }) => Type,
      ),
    );
    expect(Object.values(billed).flatMap((all) => all.filter((type) => types.has(type)))).toEqual(
      [],
    );
  },
);

/** Service with buckets, and with copies of the captured requests or without. */
function replicated(replicas?: StorageOptions['replicas']): string {
  const deployment = storedDeployment();
  const storage = { ...(replicas && { replicas }), releaseBucketName: 'acme-other-releases' };
  const hosts = { ...isolatedProps().hosts, min: 0 };
  return JSON.stringify(templateOf(isolatedProps({ deployment, storage, hosts })).toJSON());
}

it('storage without replicas has no rule, role and permission of replication', () => {
  const replica = {
    bucketArn: 'arn:aws:s3:::acme-captures-copy',
    keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234',
  };
  const traces = /ReplicationConfiguration|s3:ReplicateObject|"s3\.amazonaws\.com"/g;
  expect(new Set(replicated({ captures: replica }).match(traces)).size).toBe(3);
  expect(replicated().match(traces)).toBeNull();
});
