import { expect, it } from 'vitest';

import { containerProps, containerTemplate } from '../support/sample-containers.ts';
import { propsWith, templateOf } from '../support/sample-stack.ts';

/** Types of resources that an option creates and that AWS bills, by the option. */
const billed = {
  storage: ['AWS::KMS::Key'],
  queue: ['AWS::SQS::Queue'],
  cache: ['AWS::ElastiCache::ReplicationGroup', 'AWS::SecretsManager::Secret'],
  watching: ['AWS::SNS::Topic', 'AWS::CloudWatch::Dashboard', 'AWS::CloudWatch::CompositeAlarm'],
  edge: ['AWS::CloudFront::Distribution', 'AWS::WAFv2::WebACL'],
  backup: ['AWS::Backup::BackupVault', 'AWS::Backup::BackupPlan'],
  ciRole: ['AWS::IAM::OIDCProvider'],
};

it.each([
  ['hosts', () => templateOf(propsWith())],
  ['tasks', () => containerTemplate(containerProps())],
])(
  '%s without options have no resource of storage, queue, cache, watching, edge, backup and role of a pipeline',
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
