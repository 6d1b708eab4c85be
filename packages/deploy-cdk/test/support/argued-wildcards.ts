/** Reason of the source for `*` as the resource. */
const noResources = 'There are no resources that a policy could name.';
const ofGroup = 'The ARN of the group has an identifier that is known only after the group.';
const keys = {
  registry:
    'Keys have the names of models, versions, rollouts, hosts and leases, which are known after the stack.',
  captures:
    'Keys have the model and the time of captured requests, and each request may be read, labeled and deleted.',
  jobs: 'Keys have the ids of jobs, which clients create.',
  backups: 'Keys have the host and the time of a backup.',
};

/** A wildcard in permissions of the construct: the part that has it, the end of its resource, its actions, and why it is needed. */
export type ArguedWildcard = readonly [
  part: string,
  resource: string,
  actions: string,
  reason: string,
];

const hosts: readonly ArguedWildcard[] = [
  [
    'Hosts',
    '*',
    'ssm:UpdateInstanceInformation, ssmmessages:CreateControlChannel, ssmmessages:CreateDataChannel, ssmmessages:OpenControlChannel, ssmmessages:OpenDataChannel',
    'The agent of Systems Manager opens channels, which have no names, and reports its instance, which starts after the role exists.',
  ],
  ['Hosts', '*', 'cloudwatch:PutMetricData', `${noResources} The condition limits its namespace.`],
  ['Hosts', '*', 'ec2:DescribeTags', noResources],
  [
    'Hosts',
    ':autoScalingGroup:*:autoScalingGroupName/<group>',
    'autoscaling:CompleteLifecycleAction',
    ofGroup,
  ],
  [
    'Hosts',
    ':acme-shop-releases/releases/archives/*.tar',
    's3:GetObject',
    'With updates in place each release may be the one that a new host downloads.',
  ],
  [
    'Hosts',
    ':log-group:<name>:*',
    'logs:DescribeLogStreams, logs:PutRetentionPolicy',
    'The ARN of a log group ends with it in requests to CloudWatch Logs.',
  ],
  [
    'Hosts',
    ':log-group:<name>:log-stream:*',
    'logs:CreateLogStream, logs:PutLogEvents',
    'The agent names its log stream after the instance, which starts after the role exists.',
  ],
  ['Hosts', ':acme-models/prod/*', 's3:GetObject', keys.registry],
  ...['claims', 'drift', 'models', 'rollouts', 'windows'].map((folder): ArguedWildcard => [
    ...(['Hosts', `:acme-models/prod/${folder}/*`] as const),
    ...(['s3:PutObject', keys.registry] as const),
  ]),
  ['Hosts', ':acme-models/prod/claims/*', 's3:DeleteObject', keys.registry],
  ['Hosts', ':acme-models/prod/rollouts/*/counts/*', 's3:DeleteObject', keys.registry],
  ...['GetObject', 'PutObject', 'DeleteObject'].flatMap((action): ArguedWildcard[] => [
    ['Hosts', ':acme-captures/prod/*', `s3:${action}`, keys.captures],
    ['Hosts', ':acme-jobs/jobs/*', `s3:${action}`, keys.jobs],
    ['Hosts', ':acme-backups/hosts/*', `s3:${action}`, keys.backups],
  ]),
  ['Hosts', ':acme-backups/hosts/*', 's3:AbortMultipartUpload', keys.backups],
  ['Hosts', ':acme-backups/hosts/*', 's3:ListMultipartUploadParts', keys.backups],
];

const backup: readonly ArguedWildcard[] = [
  ['Backup', '*', 'cloudwatch:GetMetricData, events:ListRules, s3:ListAllMyBuckets', noResources],
  [
    'Backup',
    '*',
    'ec2:DescribeSnapshots, ec2:DescribeTags, ec2:DescribeVolumes, tag:GetResources',
    noResources,
  ],
  [
    'Backup',
    '<bucket>/*',
    's3:GetObject, s3:GetObjectAcl, s3:GetObjectTagging, s3:GetObjectVersion, s3:GetObjectVersionAcl, s3:GetObjectVersionTagging',
    'A backup has every object of the bucket.',
  ],
  [
    'Backup',
    ':rule/AwsBackupManagedRule*',
    'events:DeleteRule, events:DescribeRule, events:DisableRule, events:EnableRule, events:ListTargetsByRule, events:PutRule, events:PutTargets, events:RemoveTargets',
    'AWS Backup chooses the end of the names of its rules.',
  ],
  [
    'Backup',
    ':volume/*',
    'ec2:CreateSnapshot',
    'Volumes are created with hosts, after the role; the condition limits it to those with the tag.',
  ],
  ['Backup', ':snapshot/*', 'ec2:CreateSnapshot', 'EC2 chooses the id of a new snapshot.'],
  [
    'Backup',
    ':snapshot/*',
    'ec2:CreateTags',
    'EC2 chooses the id of a new snapshot; the condition limits it to new ones.',
  ],
  [
    'Backup',
    ':snapshot/*',
    'ec2:DeleteSnapshot',
    'EC2 has chosen the ids of snapshots; the condition limits it to those of AWS Backup.',
  ],
];

const replication = ['acme-models<replica>/prod', 'acme-releases<replica>/releases'].flatMap(
  (name): ArguedWildcard[] => [
    [
      'Storage',
      `:${name.replace('<replica>', '')}/*`,
      's3:GetObjectVersionAcl, s3:GetObjectVersionForReplication, s3:GetObjectVersionTagging',
      'Replication reads every object below the prefix.',
    ],
    [
      'Storage',
      `:${name.replace('<replica>', '-replica')}/*`,
      's3:ReplicateObject, s3:ReplicateTags',
      'Replication writes every object below the prefix under the same key.',
    ],
  ],
);

const pipeline: readonly ArguedWildcard[] = [
  ['CiRole', '*', 'cloudformation:DescribeStackDriftDetectionStatus', noResources],
  [
    'CiRole',
    '*',
    'autoscaling:DescribeAutoScalingGroups, autoscaling:DescribeInstanceRefreshes',
    noResources,
  ],
  [
    'CiRole',
    '*',
    'elasticloadbalancing:DescribeTargetGroups, elasticloadbalancing:DescribeTargetHealth',
    noResources,
  ],
  ['CiRole', '*', 'ssm:CancelCommand, ssm:GetCommandInvocation', noResources],
  [
    'CiRole',
    ':instance/*',
    'ssm:SendCommand',
    'Instances start after the role exists; the condition limits it to those of the group.',
  ],
  ...[
    'autoscaling:ResumeProcesses, autoscaling:SuspendProcesses',
    'autoscaling:CreateOrUpdateTags, autoscaling:DeleteTags',
  ].map((actions): ArguedWildcard => [
    ...(['CiRole', ':autoScalingGroup:*:autoScalingGroupName/<group>'] as const),
    ...([actions, ofGroup] as const),
  ]),
  [
    'CiRole',
    ':acme-shop-releases/releases/*',
    's3:GetObject, s3:PutObject, s3:AbortMultipartUpload',
    'Keys have the digests of releases and the times of results, which are known after the stack.',
  ],
  [
    'CiRole',
    ':acme-shop-releases/deploy/production/*',
    's3:GetObject, s3:PutObject, s3:DeleteObject',
    'Each command has a separate key, which is deleted after it.',
  ],
  [
    'CiRole',
    ':acme-models/prod/*',
    's3:GetObject, s3:PutObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts',
    'Keys have the names of models and versions, which are known after the stack.',
  ],
  ['CiRole', ':acme-models/prod/claims/*', 's3:DeleteObject', 'Keys of leases have ids of pushes.'],
];

const batch: readonly ArguedWildcard[] = [
  ['Batch', '*', 'batch:DescribeJobs, batch:ListJobs', noResources],
  ['Batch', '*', 'ecr:GetAuthorizationToken', noResources],
  [
    'Batch',
    ':acme-models/training/*',
    's3:GetObject, s3:PutObject',
    'Each training has a separate folder, which is created for it.',
  ],
  [
    'Batch',
    ':job-definition/shop-training:*',
    'batch:SubmitJob',
    'The policy of a model names no revision; AWS evaluates the one that it resolves to.',
  ],
  ['Batch', ':job/*', 'batch:TerminateJob', 'AWS chooses the id of a job.'],
];

/** Wildcards in permissions of a service with all parts, each with its reason. */
export const arguedWildcards: readonly ArguedWildcard[] = [
  ...hosts,
  ...backup,
  ...replication,
  ...pipeline,
  ...batch,
];

/**
 * Actions that have no resource types, of those that the construct grants on `*`.
 *
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const actionsWithoutResources: ReadonlySet<string> = new Set([
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeInstanceRefreshes',
  'batch:DescribeJobs',
  'batch:ListJobs',
  'cloudformation:DescribeStackDriftDetectionStatus',
  'cloudwatch:GetMetricData',
  'cloudwatch:PutMetricData',
  'ec2:DescribeSnapshots',
  'ec2:DescribeTags',
  'ec2:DescribeVolumes',
  'ecr:GetAuthorizationToken',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  'events:ListRules',
  's3:ListAllMyBuckets',
  'ssm:CancelCommand',
  'ssm:GetCommandInvocation',
  'tag:GetResources',
]);
