import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { argued, NO_RESOURCES } from '../nag/acknowledge.ts';
import { bucketArn } from '../storage/host-statements.ts';
import { keyPattern, type StoredObjects } from '../storage/stored-objects.ts';
import type { CiPermission } from './ci-role-options.ts';

/** Resources that a pipeline works with. */
export interface CiResources {
  /** Qualifier of the CDK bootstrap. */
  readonly qualifier: string;
  readonly releases: CiReleases | undefined;
  /** ARNs of the repositories of images. */
  readonly repositoryArns: readonly string[];
  /** ARNs of keys of the buckets. */
  readonly keyArns: readonly string[];
  readonly registry: StoredObjects | undefined;
  /** Name of the Auto Scaling group of the hosts. */
  readonly autoScalingGroup: string | undefined;
  /** ARNs of the target groups of the hosts. */
  readonly targetGroupArns: readonly string[];
  /** ARN of the parameter with the release of new hosts. */
  readonly releaseParameterArn: string | undefined;
}

/** Bucket of releases and of commands. */
export interface CiReleases {
  readonly bucketArn: string;
  /** Prefix of the release store, without a slash at its end; `''` for the whole bucket. */
  readonly storePrefix: string;
  /** Prefix of the input and output of commands of the environment, without a slash at its end. */
  readonly commandPrefix: string;
}

/** Folders of a release store; that of templates is for plans. */
const STORE_FOLDERS = ['archives', 'audit', 'results', 'templates'];

const OF_GROUP = 'The ARN of the group has an identifier that is known only after the group.';
const objectRequests = ['s3:GetObject', 's3:PutObject'];

/** Statements by permission, from the requests of `cdk deploy`, `fairlead deploy` and `fairlead model`. */
const statements: Readonly<Record<CiPermission, (resources: CiResources) => PolicyStatement[]>> = {
  // CloudFormation, and what it may create, is up to the roles of the bootstrap.
  stack: ({ qualifier }) => [
    new PolicyStatement({
      actions: ['sts:AssumeRole'],
      resources: ['deploy', 'file-publishing', 'lookup'].map(
        (name) =>
          `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/cdk-${qualifier}-${name}-role-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      ),
    }),
  ],
  // A change set is made and deleted again, never executed.
  plan: () => [
    new PolicyStatement({
      actions: [
        'cloudformation:CreateChangeSet',
        'cloudformation:DeleteChangeSet',
        'cloudformation:DescribeChangeSet',
        'cloudformation:DescribeStackResourceDrifts',
        'cloudformation:DescribeStacks',
        'cloudformation:DetectStackDrift',
        'cloudformation:GetTemplate',
      ],
      resources: [Aws.STACK_ID],
    }),
    argued(
      NO_RESOURCES,
      new PolicyStatement({
        actions: ['cloudformation:DescribeStackDriftDetectionStatus'],
        resources: ['*'],
      }),
    ),
  ],
  releases: ({ releases, keyArns }) =>
    releases === undefined
      ? []
      : [
          argued(
            'Keys have the digests of releases and the times of results, which are known after the stack.',
            new PolicyStatement({
              actions: [...objectRequests, 's3:AbortMultipartUpload'],
              resources: (releases.storePrefix === '' ? STORE_FOLDERS : [releases.storePrefix]).map(
                (folder) => `${releases.bucketArn}/${folder}/*`,
              ),
            }),
          ),
          // Without a condition on the prefix, as in `hostStatements`: the request for a release that is not stored yet has none.
          new PolicyStatement({ actions: ['s3:ListBucket'], resources: [releases.bucketArn] }),
          ...keyStatements(keyArns),
        ],
  images: ({ repositoryArns }) => imageStatements(repositoryArns),
  hosts: (resources) => hostStatements(resources),
  models: ({ registry, keyArns }) =>
    registry === undefined ? [] : [...registryStatements(registry), ...keyStatements(keyArns)],
};

/** Returns the statements of these permissions. */
export function ciStatements(
  permissions: readonly CiPermission[],
  resources: CiResources,
): PolicyStatement[] {
  return permissions.flatMap((permission) => statements[permission](resources));
}

/**
 * Permissions to push images.
 *
 * Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
 */
function imageStatements(repositoryArns: readonly string[]): PolicyStatement[] {
  return [
    argued(
      NO_RESOURCES,
      new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
    ),
    new PolicyStatement({
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      resources: [...repositoryArns],
    }),
  ];
}

function hostStatements(resources: CiResources): PolicyStatement[] {
  const { releases, keyArns, autoScalingGroup, targetGroupArns, releaseParameterArn } = resources;
  const arn = (service: string, rest: string) => `arn:${Aws.PARTITION}:${service}:${rest}`;
  return [
    new PolicyStatement({
      actions: ['ssm:SendCommand'],
      resources: [arn('ssm', `${Aws.REGION}::document/AWS-RunShellScript`)],
    }),
    ...(autoScalingGroup === undefined
      ? []
      : [
          argued(
            'Instances start after the role exists; the condition limits it to those of the group.',
            new PolicyStatement({
              actions: ['ssm:SendCommand'],
              resources: [arn('ec2', `${Aws.REGION}:${Aws.ACCOUNT_ID}:instance/*`)],
              conditions: {
                StringEquals: { 'ssm:resourceTag/aws:autoscaling:groupName': autoScalingGroup },
              },
            }),
          ),
          // The instances are listed at each command. Requests that describe groups have no resources.
          argued(
            NO_RESOURCES,
            new PolicyStatement({
              actions: [
                'autoscaling:DescribeAutoScalingGroups',
                'autoscaling:DescribeInstanceRefreshes',
              ],
              resources: ['*'],
            }),
          ),
          ...suspensionStatements(autoScalingGroup),
        ]),
    argued(
      NO_RESOURCES,
      new PolicyStatement({
        actions: ['ssm:CancelCommand', 'ssm:GetCommandInvocation'],
        resources: ['*'],
      }),
    ),
    ...(targetGroupArns.length === 0
      ? []
      : [
          new PolicyStatement({
            actions: [
              'elasticloadbalancing:DeregisterTargets',
              'elasticloadbalancing:RegisterTargets',
            ],
            resources: [...targetGroupArns],
          }),
          argued(
            NO_RESOURCES,
            new PolicyStatement({
              actions: [
                'elasticloadbalancing:DescribeTargetGroups',
                'elasticloadbalancing:DescribeTargetHealth',
              ],
              resources: ['*'],
            }),
          ),
        ]),
    ...(releaseParameterArn === undefined
      ? []
      : [
          new PolicyStatement({
            actions: ['ssm:GetParameter', 'ssm:PutParameter'],
            resources: [releaseParameterArn],
          }),
        ]),
    ...(releases === undefined
      ? []
      : [
          argued(
            'Each command has a separate key, which is deleted after it.',
            new PolicyStatement({
              actions: [...objectRequests, 's3:DeleteObject'],
              resources: [`${releases.bucketArn}/${releases.commandPrefix}/*`],
            }),
          ),
          ...keyStatements(keyArns),
        ]),
  ];
}

/** Health checks of the group are suspended during a change; a tag of each change remembers those to resume. */
function suspensionStatements(group: string): PolicyStatement[] {
  const resources = [
    `arn:${Aws.PARTITION}:autoscaling:${Aws.REGION}:${Aws.ACCOUNT_ID}:autoScalingGroup:*:autoScalingGroupName/${group}`,
  ];
  return [
    argued(
      OF_GROUP,
      new PolicyStatement({
        actions: ['autoscaling:ResumeProcesses', 'autoscaling:SuspendProcesses'],
        resources,
      }),
    ),
    argued(
      OF_GROUP,
      new PolicyStatement({
        actions: ['autoscaling:CreateOrUpdateTags', 'autoscaling:DeleteTags'],
        resources,
        conditions: {
          'ForAllValues:StringLike': {
            'aws:TagKeys': ['fairlead:suspended', 'fairlead:suspended:*'],
          },
        },
      }),
    ),
  ];
}

function registryStatements(registry: StoredObjects): PolicyStatement[] {
  const arn = bucketArn(registry.bucket);
  return [
    new PolicyStatement({
      actions: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
      resources: [arn],
    }),
    argued(
      'Keys have the names of models and versions, which are known after the stack.',
      new PolicyStatement({
        actions: [...objectRequests, 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        resources: [`${arn}/${keyPattern(registry)}`],
      }),
    ),
    // Pushes delete their leases, and the object of the check for conditional writes.
    argued(
      'Keys of leases have ids of pushes.',
      new PolicyStatement({
        actions: ['s3:DeleteObject'],
        resources: ['.conditional-write-check', 'claims/*'].map(
          (key) => `${arn}/${keyPattern(registry, key)}`,
        ),
      }),
    ),
  ];
}

function keyStatements(keyArns: readonly string[]): PolicyStatement[] {
  if (keyArns.length === 0) return [];
  return [
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [...keyArns],
      conditions: {
        StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.${Aws.URL_SUFFIX}` },
      },
    }),
  ];
}
