import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

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
    // Changes of buckets arrive as events.
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
    // These have no resources.
    new PolicyStatement({
      actions: ['cloudwatch:GetMetricData', 'events:ListRules', 's3:ListAllMyBuckets'],
      resources: ['*'],
    }),
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
    new PolicyStatement({
      actions: ['ec2:CreateSnapshot'],
      resources: [arn(`${Aws.ACCOUNT_ID}:volume/*`)],
      conditions: { StringLike: { [`aws:ResourceTag/${volumeTag}`]: '*' } },
    }),
    new PolicyStatement({ actions: ['ec2:CreateSnapshot'], resources: [arn(':snapshot/*')] }),
    new PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: [arn(':snapshot/*')],
      conditions: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshot' } },
    }),
    new PolicyStatement({
      actions: ['ec2:DeleteSnapshot'],
      resources: [arn(':snapshot/*')],
      conditions: { Null: { 'aws:ResourceTag/aws:backup:source-resource': 'false' } },
    }),
    // These have no resources.
    new PolicyStatement({
      actions: [
        'ec2:DescribeSnapshots',
        'ec2:DescribeTags',
        'ec2:DescribeVolumes',
        'tag:GetResources',
      ],
      resources: ['*'],
    }),
  ];
}
