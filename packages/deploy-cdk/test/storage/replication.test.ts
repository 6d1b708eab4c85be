import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import { Storage } from '@fairlead/deploy-cdk';

import { policyTexts, trustOf } from '../support/statements.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const key = 'arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012';
const replicaOf = (name: string) => ({
  bucketArn: `arn:aws:s3:::${name}-replica`,
  keyArn: key,
});

describe('replication', () => {
  const stack = new Stack(new App(), 'Shop');
  const replicas = {
    registry: replicaOf('acme-models'),
    releases: replicaOf('acme-releases'),
  };
  new Storage(stack, 'Storage', {
    deployment: storedDeployment(),
    options: { releaseBucketName: 'acme-releases', replicas },
  });
  const template = Template.fromStack(stack);

  it.each([
    ['acme-models', 'registry', 'prod/', 'Replicationacmemodels'],
    ['acme-releases', 'releases', 'releases/', 'ReplicationReleases'],
  ] as const)('copies %s below its prefix, without deletions', (BucketName, Id, Prefix, role) => {
    template.hasResource('AWS::S3::Bucket', {
      Properties: Match.objectLike({
        BucketName,
        ReplicationConfiguration: {
          Role: { 'Fn::GetAtt': [Match.stringLikeRegexp(role), 'Arn'] },
          Rules: [
            {
              ...{ Id, Priority: 1, Status: 'Enabled', Filter: { Prefix } },
              DeleteMarkerReplication: { Status: 'Disabled' },
              SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
              Destination: {
                Bucket: `arn:aws:s3:::${BucketName}-replica`,
                EncryptionConfiguration: { ReplicaKmsKeyID: key },
              },
            },
          ],
        },
      }),
      // S3 checks the role when the rules are set.
      DependsOn: Match.arrayWith([Match.stringLikeRegexp(`${role}Policy`)]),
    });
  });

  it('leaves the other buckets alone', () => {
    const replicated = template.findResources('AWS::S3::Bucket', {
      Properties: { ReplicationConfiguration: Match.anyValue() },
    });
    expect(Object.keys(replicated)).toHaveLength(2);
  });

  it('has a role of S3 for each bucket', () => {
    expect(trustOf(template, /Replication/)).toEqual([
      'Service s3.amazonaws.com sts:AssumeRole',
      'Service s3.amazonaws.com sts:AssumeRole',
    ]);
  });

  it.each([
    ['Replicationacmemodels', 'acme-models', 'prod'],
    ['ReplicationReleases', 'acme-releases', 'releases'],
  ])('gives the role of %s these statements and no other', (id, bucket, prefix) => {
    const source = `arn:<AWS::Partition>:s3:::${bucket}`;
    expect(policyTexts(template, new RegExp(id))).toEqual([
      `s3:GetReplicationConfiguration s3:ListBucket on ${source}`,
      `s3:GetObjectVersionAcl s3:GetObjectVersionForReplication s3:GetObjectVersionTagging on ${source}/${prefix}/*`,
      `s3:ReplicateObject s3:ReplicateTags on arn:aws:s3:::${bucket}-replica/${prefix}/*`,
      'kms:Decrypt on <StorageKey.Arn>',
      `kms:Encrypt on ${key}`,
    ]);
  });
});
