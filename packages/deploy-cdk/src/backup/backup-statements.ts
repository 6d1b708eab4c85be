import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { argued, NO_RESOURCES } from '../nag/acknowledge.ts';

/** Resources that AWS Backup reads. */
export interface BackedUp {
  readonly bucketArns: readonly string[];
  readonly keyArns: readonly string[];
  /** Tag of volumes with state. */
  readonly volumeTag: string | undefined;
}

/**
 * Returns the permissions of the role of AWS Backup to back up, without those to restore: a restore takes a role of its operator.
 *
 * Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForS3Backup.html and
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
 */
export function backupStatements(backedUp: BackedUp): PolicyStatement[] {
  return [...bucketStatements(backedUp), ...volumeStatements(backedUp)];
}

function bucketStatements({ bucketArns, keyArns }: BackedUp): PolicyStatement[] {
  if (bucketArns.length === 0) return [];
  return [
    new PolicyStatement({
      actions: [
        's3:GetBucketAcl',
        's3:GetBucketLocation',
        's3:GetBucketNotification',
        's3:GetBucketTagging',
        's3:GetBucketVersioning',
        's3:GetInventoryConfiguration',
        's3:ListBucket',
        's3:ListBucketVersions',
        's3:PutBucketNotification',
        's3:PutInventoryConfiguration',
      ],
      resources: [...bucketArns],
    }),
    argued(
      'A backup has every object of the bucket.',
      new PolicyStatement({
        actions: [
          's3:GetObject',
          's3:GetObjectAcl',
          's3:GetObjectTagging',
          's3:GetObjectVersion',
          's3:GetObjectVersionAcl',
          's3:GetObjectVersionTagging',
        ],
        resources: bucketArns.map((arn) => `${arn}/*`),
      }),
    ),
    // Changes of buckets arrive as events.
    argued(
      'AWS Backup chooses the end of the names of its rules.',
      new PolicyStatement({
        actions: [
          'events:DeleteRule',
          'events:DescribeRule',
          'events:DisableRule',
          'events:EnableRule',
          'events:ListTargetsByRule',
          'events:PutRule',
          'events:PutTargets',
          'events:RemoveTargets',
        ],
        resources: [
          `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/AwsBackupManagedRule*`,
        ],
      }),
    ),
    argued(
      NO_RESOURCES,
      new PolicyStatement({
        actions: ['cloudwatch:GetMetricData', 'events:ListRules', 's3:ListAllMyBuckets'],
        resources: ['*'],
      }),
    ),
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:DescribeKey'],
      resources: [...keyArns],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
    }),
  ];
}

function volumeStatements({ volumeTag }: BackedUp): PolicyStatement[] {
  if (volumeTag === undefined) return [];
  const arn = (rest: string) => `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${rest}`;
  return [
    argued(
      'Volumes are created with hosts, after the role; the condition limits it to those with the tag.',
      new PolicyStatement({
        actions: ['ec2:CreateSnapshot'],
        resources: [arn(`${Aws.ACCOUNT_ID}:volume/*`)],
        conditions: { StringLike: { [`aws:ResourceTag/${volumeTag}`]: '*' } },
      }),
    ),
    argued(
      'EC2 chooses the id of a new snapshot.',
      new PolicyStatement({ actions: ['ec2:CreateSnapshot'], resources: [arn(':snapshot/*')] }),
    ),
    argued(
      'EC2 chooses the id of a new snapshot; the condition limits it to new ones.',
      new PolicyStatement({
        actions: ['ec2:CreateTags'],
        resources: [arn(':snapshot/*')],
        conditions: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshot' } },
      }),
    ),
    argued(
      'EC2 has chosen the ids of snapshots; the condition limits it to those of AWS Backup.',
      new PolicyStatement({
        actions: ['ec2:DeleteSnapshot'],
        resources: [arn(':snapshot/*')],
        conditions: { Null: { 'aws:ResourceTag/aws:backup:source-resource': 'false' } },
      }),
    ),
    argued(
      NO_RESOURCES,
      new PolicyStatement({
        actions: [
          'ec2:DescribeSnapshots',
          'ec2:DescribeTags',
          'ec2:DescribeVolumes',
          'tag:GetResources',
        ],
        resources: ['*'],
      }),
    ),
  ];
}
