import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';

import { Backup, Storage, type BackupOptions } from '@fairlead/deploy-cdk';
import { checkStack } from '../support/check-stack.ts';
import { policyTexts, trustOf } from '../support/statements.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const inFolders = {
  FAIRLEAD_REGISTRY: '/var/lib/shop/registry',
  FAIRLEAD_CAPTURE_LOCATION: '',
  FAIRLEAD_JOBS_BUCKET: '',
  FAIRLEAD_JOBS_QUEUE_URL: '',
};

function addBackup(stack: Stack, options: BackupOptions = {}, environment = {}, isStored = true) {
  const deployment = storedDeployment(environment);
  const storage = isStored ? new Storage(stack, 'Storage', { deployment }) : undefined;
  return new Backup(stack, 'Backup', { deployment, storage, options });
}

function backupWith(...args: [BackupOptions?, Record<string, string>?, boolean?]) {
  const stack = new Stack(new App(), 'Shop');
  const backup = addBackup(stack, ...args);
  return { backup, template: Template.fromStack(stack) };
}

it('each bucket of the service is backed up daily, into an encrypted vault', () => {
  const { template } = backupWith();
  template.hasResource('AWS::Backup::BackupVault', {
    DeletionPolicy: 'RetainExceptOnCreate',
    Properties: {
      EncryptionKeyArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('BackupKey'), 'Arn'] },
      LockConfiguration: Match.absent(),
    },
  });
  template.hasResourceProperties('AWS::Backup::BackupPlan', {
    BackupPlan: Match.objectLike({
      BackupPlanRule: [
        Match.objectLike({
          ScheduleExpression: 'cron(0 5 * * ? *)',
          Lifecycle: { DeleteAfterDays: 35 },
        }),
      ],
    }),
  });
  const [selection, ...others] = Object.values(
    template.findResources('AWS::Backup::BackupSelection'),
  ) as { Properties: { BackupSelection: { Resources: unknown[]; ListOfTags?: unknown } } }[];
  expect(others).toEqual([]);
  expect(selection?.Properties.BackupSelection.Resources).toHaveLength(5);
  expect(selection?.Properties.BackupSelection.ListOfTags).toBeUndefined();
});

it('volumes are backed up where the deployment stores its registry in a folder', () => {
  const { backup, template } = backupWith({}, inFolders, false);
  expect(backup.volumeTag).toBe('fairlead:backup');
  template.hasResourceProperties('AWS::Backup::BackupSelection', {
    BackupSelection: Match.objectLike({
      ListOfTags: [
        { ConditionKey: 'fairlead:backup', ConditionType: 'STRINGEQUALS', ConditionValue: 'shop' },
      ],
    }),
  });
  expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('s3:');
});

it('buckets and volumes are separate selections', () => {
  const { template } = backupWith({}, { ...inFolders, FAIRLEAD_JOBS_FOLDER: '/var/lib/shop/jobs' });
  template.resourceCountIs('AWS::Backup::BackupSelection', 2);
});

it('a vault with a lock refuses deletions after three days', () => {
  const { template } = backupWith({ lock: true, time: '01:30', retentionDays: 90 });
  template.hasResourceProperties('AWS::Backup::BackupVault', {
    LockConfiguration: { MinRetentionDays: 1, ChangeableForDays: 3 },
  });
  template.hasResourceProperties('AWS::Backup::BackupPlan', {
    BackupPlan: Match.objectLike({
      BackupPlanRule: [
        Match.objectLike({
          ScheduleExpression: 'cron(30 1 * * ? *)',
          Lifecycle: { DeleteAfterDays: 90 },
        }),
      ],
    }),
  });
});

it('AWS Backup assumes the role, which reads buckets and tagged volumes, and writes no object', () => {
  const { template } = backupWith({}, { ...inFolders, FAIRLEAD_JOBS_FOLDER: '/var/lib/shop/jobs' });
  expect(trustOf(template, /BackupRole/)).toEqual(['Service backup.amazonaws.com sts:AssumeRole']);
  const buckets = ['<StorageBucketacmebackups.Arn>', '<StorageBucketReleases.Arn>'];
  const aws = 'arn:<AWS::Partition>';
  const snapshots = `${aws}:ec2:<AWS::Region>::snapshot/*`;
  expect(policyTexts(template, /Backup/)).toEqual([
    `s3:GetBucketAcl s3:GetBucketLocation s3:GetBucketNotification s3:GetBucketTagging s3:GetBucketVersioning s3:GetInventoryConfiguration s3:ListBucket s3:ListBucketVersions s3:PutBucketNotification s3:PutInventoryConfiguration on ${buckets.join(' ')}`,
    `s3:GetObject s3:GetObjectAcl s3:GetObjectTagging s3:GetObjectVersion s3:GetObjectVersionAcl s3:GetObjectVersionTagging on ${buckets.map((arn) => `${arn}/*`).join(' ')}`,
    `events:DeleteRule events:DescribeRule events:DisableRule events:EnableRule events:ListTargetsByRule events:PutRule events:PutTargets events:RemoveTargets on ${aws}:events:<AWS::Region>:<AWS::AccountId>:rule/AwsBackupManagedRule*`,
    'cloudwatch:GetMetricData events:ListRules s3:ListAllMyBuckets on *',
    'kms:Decrypt kms:DescribeKey on <StorageKey.Arn> if StringEquals kms:ViaService s3.<AWS::Region>.<AWS::URLSuffix>',
    `ec2:CreateSnapshot on ${aws}:ec2:<AWS::Region>:<AWS::AccountId>:volume/* if StringLike aws:ResourceTag/fairlead:backup *`,
    `ec2:CreateSnapshot on ${snapshots}`,
    `ec2:CreateTags on ${snapshots} if StringEquals ec2:CreateAction CreateSnapshot`,
    `ec2:DeleteSnapshot on ${snapshots} if Null aws:ResourceTag/aws:backup:source-resource false`,
    'ec2:DescribeSnapshots ec2:DescribeTags ec2:DescribeVolumes tag:GetResources on *',
  ]);
});

it.each([
  [
    'nothing to back up',
    {},
    { FAIRLEAD_REGISTRY: 's3://acme-models' },
    false,
    'has nothing to back up',
  ],
  ['an hour of 25', { time: '25:00' }, {}, true, 'Option backup.time is "25:00"'],
  ['no retention', { retentionDays: 0 }, {}, true, 'Option backup.retentionDays is 0'],
])('rejects %s', (_, options, environment, isStored, message) => {
  expect(() => backupWith(options, environment as Record<string, string>, isStored)).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it('cdk-nag and cfn-lint find nothing in the plan with buckets and volumes', async () => {
  const problems = await checkStack((stack) => {
    addBackup(stack, { lock: true }, { FAIRLEAD_REGISTRY: '/var/lib/shop/registry' });
  });
  expect(problems).toEqual({ nag: [], lint: [] });
}, 120_000);
