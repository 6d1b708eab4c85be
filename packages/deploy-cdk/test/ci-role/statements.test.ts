import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';

import { CiRole, Storage, type CiPermission } from '@fairlead/deploy-cdk';

import { policyTexts } from '../support/statements.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const aws = 'arn:<AWS::Partition>';
const here = '<AWS::Region>:<AWS::AccountId>';
const targets =
  'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/http/0123456789abcdef';
const repository = 'arn:aws:ecr:eu-central-1:111122223333:repository/shop-gateway';
const parameter = 'arn:aws:ssm:eu-central-1:111122223333:parameter/shop/release';
const group = `${aws}:autoscaling:${here}:autoScalingGroup:*:autoScalingGroupName/shop`;
const withKey =
  'kms:Decrypt kms:GenerateDataKey on <StorageKey.Arn> if StringEquals kms:ViaService s3.<AWS::Region>.<AWS::URLSuffix>';

const expected: Readonly<Record<CiPermission, readonly string[]>> = {
  stack: [
    `sts:AssumeRole on ${['deploy', 'file-publishing', 'lookup']
      .map(
        (name) =>
          `${aws}:iam::<AWS::AccountId>:role/cdk-hnb659fds-${name}-role-<AWS::AccountId>-<AWS::Region>`,
      )
      .join(' ')}`,
  ],
  plan: [
    'cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:DescribeChangeSet cloudformation:DescribeStackResourceDrifts cloudformation:DescribeStacks cloudformation:DetectStackDrift cloudformation:GetTemplate on <AWS::StackId>',
    'cloudformation:DescribeStackDriftDetectionStatus on *',
  ],
  releases: [
    's3:GetObject s3:PutObject s3:AbortMultipartUpload on <StorageBucketReleases.Arn>/releases/*',
    's3:ListBucket on <StorageBucketReleases.Arn>',
    withKey,
  ],
  images: [
    'ecr:GetAuthorizationToken on *',
    `ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:CompleteLayerUpload ecr:InitiateLayerUpload ecr:PutImage ecr:UploadLayerPart on ${repository}`,
  ],
  hosts: [
    `ssm:SendCommand on ${aws}:ssm:<AWS::Region>::document/AWS-RunShellScript`,
    `ssm:SendCommand on ${aws}:ec2:${here}:instance/* if StringEquals ssm:resourceTag/aws:autoscaling:groupName shop`,
    'autoscaling:DescribeAutoScalingGroups autoscaling:DescribeInstanceRefreshes on *',
    `autoscaling:ResumeProcesses autoscaling:SuspendProcesses on ${group}`,
    `autoscaling:CreateOrUpdateTags autoscaling:DeleteTags on ${group} if ForAllValues:StringLike aws:TagKeys [fairlead:suspended fairlead:suspended:*]`,
    'ssm:CancelCommand ssm:GetCommandInvocation on *',
    `elasticloadbalancing:DeregisterTargets elasticloadbalancing:RegisterTargets on ${targets}`,
    'elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeTargetHealth on *',
    `ssm:GetParameter ssm:PutParameter on ${parameter}`,
    's3:GetObject s3:PutObject s3:DeleteObject on <StorageBucketReleases.Arn>/deploy/production/*',
    withKey,
  ],
  models: [
    `s3:ListBucket s3:ListBucketMultipartUploads on ${aws}:s3:::acme-models`,
    `s3:GetObject s3:PutObject s3:AbortMultipartUpload s3:ListMultipartUploadParts on ${aws}:s3:::acme-models/prod/*`,
    `s3:DeleteObject on ${aws}:s3:::acme-models/prod/.conditional-write-check ${aws}:s3:::acme-models/prod/claims/*`,
    withKey,
  ],
};

const permissions = Object.keys(expected) as CiPermission[];
const deployment = storedDeployment();
const stack = new Stack(new App(), 'Shop');
const storage = new Storage(stack, 'Storage', { deployment });
for (const permission of permissions) {
  new CiRole(stack, `Ci-${permission}`, {
    ...{ deployment, storage, autoScalingGroup: 'shop', targetGroupArns: [targets] },
    ...{ repositoryArns: [repository], releaseParameterArn: parameter },
    options: {
      github: { repository: 'acme/shop', environment: 'production' },
      providerArn: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com',
      permissions: [permission],
    },
  });
}
const template = Template.fromStack(stack);

it.each(permissions)('permission %s has these statements and no other', (permission) => {
  expect(policyTexts(template, new RegExp(`^Ci${permission}`))).toEqual(expected[permission]);
});
