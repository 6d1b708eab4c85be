import { readPolicy } from '@fairlead/retraining';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, expectTypeOf, it } from 'vitest';

import {
  Network,
  Storage,
  TrainingJobs,
  type BatchOptions,
  type NetworkOptions,
  type StorageOptions,
} from '@fairlead/deploy-cdk';

import { checkStack } from '../support/check-stack.ts';
import { containerProps, containerTemplate, image } from '../support/sample-containers.ts';
import { deployment as withoutBucket } from '../support/sample-deployment.ts';
import { isolatedProps, serviceWith } from '../support/sample-stack.ts';
import { statementsOf } from '../support/statements.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const env = { region: 'eu-central-1', account: '111122223333' };
const options = { image: image('training') };

interface Changes {
  readonly batch?: Partial<BatchOptions>;
  readonly network?: NetworkOptions;
  readonly storage?: StorageOptions;
  readonly environment?: Readonly<Record<string, string>>;
}

function jobsIn(stack: Stack, { batch, network, storage, environment }: Changes = {}) {
  const deployment = storedDeployment(environment);
  return new TrainingJobs(stack, 'Batch', {
    deployment,
    network: new Network(stack, 'Network', { options: network ?? {} }),
    storage: storage && new Storage(stack, 'Storage', { deployment, options: storage }),
    options: { ...options, ...batch },
  });
}

function templateWith(changes: Changes = {}) {
  const stack = new Stack(new App(), 'Shop', { env });
  const jobs = jobsIn(stack, changes);
  return { jobs, template: Template.fromStack(stack) };
}

/** Reference to the ARN of a resource whose name begins so. */
const arnOf = (name: string) => ({
  'Fn::GetAtt': [Match.stringLikeRegexp(`^${name}`), Match.stringLikeRegexp('Arn$')],
});

describe('trainings on AWS Batch', () => {
  const { jobs, template } = templateWith();

  it('run in the subnets of the hosts, on Fargate, one at a time', () => {
    template.hasResourceProperties('AWS::Batch::ComputeEnvironment', {
      ...{ Type: 'MANAGED', State: 'ENABLED', ServiceRole: Match.absent() },
      ComputeResources: {
        ...{ Type: 'FARGATE', MaxvCpus: 2 },
        Subnets: [1, 2].map((index) => ({
          Ref: Match.stringLikeRegexp(`^NetworkVpcHostsSubnet${index}`),
        })),
        SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^BatchGroup'), 'GroupId'] }],
      },
    });
  });

  it('wait in a queue, which cancels a job that can never start', () => {
    template.hasResourceProperties('AWS::Batch::JobQueue', {
      ...{ JobQueueName: 'shop-training', State: 'ENABLED', Priority: 1 },
      ComputeEnvironmentOrder: [{ Order: 1, ComputeEnvironment: arnOf('BatchEnvironment') }],
      JobStateTimeLimitActions: [
        'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
        'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
      ].map((Reason) => ({ Action: 'CANCEL', State: 'RUNNABLE', MaxTimeSeconds: 600, Reason })),
    });
  });

  it('have a definition: an image by its digest, an account that is not root, no public address, a log, a time limit', () => {
    template.hasResourceProperties('AWS::Batch::JobDefinition', {
      ...{ JobDefinitionName: 'shop-training', Type: 'container', PropagateTags: true },
      PlatformCapabilities: ['FARGATE'],
      Timeout: { AttemptDurationSeconds: 3_600 },
      RetryStrategy: {
        Attempts: 3,
        EvaluateOnExit: [
          { OnStatusReason: 'Your Spot Task was interrupted*', Action: 'RETRY' },
          { OnReason: '*', Action: 'EXIT' },
        ],
      },
      ContainerProperties: {
        Image: Match.stringLikeRegexp('@sha256:[0-9a-f]{64}$'),
        Command: Match.absent(),
        User: '10001:10001',
        JobRoleArn: arnOf('BatchJobRole'),
        ExecutionRoleArn: arnOf('BatchExecutionRole'),
        ResourceRequirements: [
          { Type: 'VCPU', Value: '2' },
          { Type: 'MEMORY', Value: '8192' },
        ],
        EphemeralStorage: Match.absent(),
        RuntimePlatform: { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' },
        FargatePlatformConfiguration: { PlatformVersion: '1.4.0' },
        NetworkConfiguration: { AssignPublicIp: 'DISABLED' },
        LinuxParameters: { InitProcessEnabled: true },
        LogConfiguration: {
          LogDriver: 'awslogs',
          Options: {
            'awslogs-group': { Ref: Match.stringLikeRegexp('^BatchLog') },
            'awslogs-stream-prefix': 'training',
          },
        },
      },
    });
  });

  it('have an encrypted log that outlasts the stack, whose key is for this log only', () => {
    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        LogGroupName: '/shop/training',
        RetentionInDays: 30,
        KmsKeyId: arnOf('BatchLogKey'),
      },
    });
    template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        EnableKeyRotation: true,
      },
    });
  });

  it('have a log key that CloudWatch Logs uses for this log only', () => {
    const [{ KeyPolicy }] = Object.values(template.findResources('AWS::KMS::Key')).map(
      ({ Properties }) => Properties as { KeyPolicy: { Statement: readonly unknown[] } },
    ) as [{ KeyPolicy: { Statement: readonly unknown[] } }];
    const part = (text: string) => ({
      'Fn::Join': ['', expect.arrayContaining([text]) as unknown],
    });
    expect(KeyPolicy.Statement.slice(1)).toEqual([
      expect.objectContaining({
        ...{ Effect: 'Allow', Resource: '*' },
        Principal: { Service: part('logs.') },
        Condition: {
          ArnEquals: {
            'kms:EncryptionContext:aws:logs:arn': [part(':log-group:/shop/training')],
          },
        },
      }),
    ]);
  });

  it('call AWS only, and accept no connection', () => {
    const groups = template.findResources('AWS::EC2::SecurityGroup', {
      Properties: { GroupDescription: 'Trainings' },
    });
    expect(Object.values(groups).map((group) => group.Properties as object)).toEqual([
      expect.objectContaining({
        SecurityGroupEgress: [
          expect.objectContaining({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }),
        ],
      }),
    ]);
    expect(JSON.stringify(groups)).not.toContain('SecurityGroupIngress');
  });

  it('reach the endpoints of the registry of images and of logs, and the layers of images', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      ...{ FromPort: 443, ToPort: 443, Description: 'Trainings' },
      GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('EndpointGroup'), 'GroupId'] },
      SourceSecurityGroupId: {
        'Fn::GetAtt': [Match.stringLikeRegexp('^BatchGroup'), 'GroupId'],
      },
    });
    const endpoints = JSON.stringify(template.findResources('AWS::EC2::VPCEndpoint'));
    for (const service of ['.ecr.api', '.ecr.dkr', '.logs', 'starport-layer-bucket']) {
      expect(endpoints).toContain(service);
    }
    expect(endpoints).toContain('s3:::acme-models/training/*');
  });

  it('may read and write below their location, and nothing else', () => {
    const statements = statementsOf(template.toJSON()).filter(
      (text) => !text.includes('logs:DescribeLogStreams'),
    );
    expect(statements.map((text) => text.replaceAll(/\{.*?\}/g, ''))).toEqual([
      's3:ListBucket on arn::s3:::acme-models',
      's3:GetObject,s3:PutObject on arn::s3:::acme-models/training/*',
      'ecr:GetAuthorizationToken on *',
      'ecr:BatchCheckLayerAvailability,ecr:GetDownloadUrlForLayer,ecr:BatchGetImage on arn::ecr:eu-central-1:111122223333:repository/shop-training',
      'logs:CreateLogStream,logs:PutLogEvents on ',
    ]);
    const ofTasks = {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Principal: { Service: 'ecs-tasks.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ],
      }),
      ManagedPolicyArns: Match.absent(),
    };
    template.resourcePropertiesCountIs('AWS::IAM::Role', ofTasks, 2);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 's3:ListBucket',
            Condition: { StringLike: { 's3:prefix': ['training/*'] } },
          }),
        ]),
      }),
    });
  });

  it('have the names that a policy of @fairlead/retraining takes', () => {
    expectTypeOf(jobs.policy).toExtend<
      NonNullable<ReturnType<typeof readPolicy>['training']['batch']>
    >();
    const { training } = readPolicy({
      triggers: { drift: {} },
      training: { runner: 'batch', command: ['./train-in-batch'], batch: jobs.policy },
    });
    expect(training.batch).toEqual({
      ...{ queue: 'shop-training', definition: 'shop-training' },
      location: 's3://acme-models/training',
    });
    // The time limit that the policy has by default is that of the definition.
    expect(training.timeLimitMinutes).toBe(60);
  });
});

it('every option is in the template', () => {
  const { jobs, template } = templateWith({
    batch: {
      ...{ command: ['./train'], processor: 'arm64', vcpus: 8, memoryGiB: 60, diskGB: 100 },
      ...{ maxVcpus: 32, spot: true, timeLimitMinutes: 240, attempts: 1, logDays: 365 },
      ...{ location: 's3://acme-training/prod/churn/', user: 20_000 },
      keyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234',
    },
  });
  template.hasResourceProperties('AWS::Batch::ComputeEnvironment', {
    ComputeResources: Match.objectLike({ Type: 'FARGATE_SPOT', MaxvCpus: 32 }),
  });
  template.hasResourceProperties('AWS::Batch::JobDefinition', {
    ContainerProperties: Match.objectLike({
      ...{ Command: ['./train'], User: '20000:20000', EphemeralStorage: { SizeInGiB: 100 } },
      ResourceRequirements: [
        { Type: 'VCPU', Value: '8' },
        { Type: 'MEMORY', Value: '61440' },
      ],
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    }),
    RetryStrategy: Match.objectLike({ Attempts: 1 }),
    Timeout: { AttemptDurationSeconds: 14_400 },
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
  expect(jobs.policy.location).toBe('s3://acme-training/prod/churn');
  const statements = statementsOf(template.toJSON()).join('\n');
  expect(statements).toContain('s3:::acme-training/prod/churn/*');
  expect(statements).toContain(
    'kms:Decrypt,kms:GenerateDataKey on arn:aws:kms:eu-central-1:111122223333:key/1234',
  );
});

it('rows and models in a bucket of storage expire, and are encrypted with its key', () => {
  const { template } = templateWith({ batch: { expireDays: 7 }, storage: {} });
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketName: 'acme-models',
    LifecycleConfiguration: {
      Rules: Match.arrayWith([
        {
          ...{ Id: 'training', Prefix: 'training/', Status: 'Enabled', ExpirationInDays: 7 },
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        },
      ]),
    },
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: Match.stringLikeRegexp('^BatchJobRole') }],
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: arnOf('StorageKey'),
        }),
      ]),
    }),
  });
});

it('a service has it with the option, and its pipeline submits jobs if it pushes models', () => {
  const props = isolatedProps({
    ...{ deployment: storedDeployment(), batch: options },
    ciRole: {
      github: { repository: 'acme/shop', environment: 'production' },
      permissions: ['models'],
    },
  });
  const { stack, service } = serviceWith(props);
  expect(service.batch?.policy.queue).toBe('shop-training');
  const statements = statementsOf(Template.fromStack(stack).toJSON())
    .filter((text) => text.startsWith('batch:'))
    .map((text) => text.replaceAll(/\{.*?\}/g, ''));
  const arn = (resource: string) => `arn::batch:::${resource}`;
  expect(statements).toEqual([
    `batch:SubmitJob on ${arn('job-queue/shop-training')}`,
    `batch:SubmitJob on ${arn('job-definition/shop-training')}`,
    `batch:SubmitJob on ${arn('job-definition/shop-training:*')}`,
    `batch:TerminateJob on ${arn('job/*')}`,
    'batch:DescribeJobs,batch:ListJobs on *',
  ]);
});

it('tasks have it with the option, and one way to layers of images', () => {
  const template = containerTemplate(containerProps({ batch: options }));
  template.resourceCountIs('AWS::Batch::JobQueue', 1);
  const endpoints = JSON.stringify(template.findResources('AWS::EC2::VPCEndpoint'));
  expect(endpoints.match(/starport-layer-bucket/g)).toHaveLength(1);
});

it.each([['isolated', {}] as const, ['with NAT gateways', { internetAccess: 'nat' }] as const])(
  'has no finding of cdk-nag and cfn-lint, %s',
  async (_, network) => {
    const add = (stack: Stack) => void jobsIn(stack, { network, storage: {} });
    expect(await checkStack(add)).toEqual({ nag: [], lint: [] });
  },
  120_000,
);

it.each<[string, Changes, string]>([
  ['a tag', { batch: { image: 'shop:1' } }, 'Option batch.image is "shop:1"'],
  ['three processors', { batch: { vcpus: 3 } }, 'Option batch.vcpus is 3'],
  ['too much memory', { batch: { memoryGiB: 32 } }, 'Fargate offers 4 to 16 GiB'],
  ['a memory between steps', { batch: { vcpus: 8, memoryGiB: 18 } }, 'in steps of 4'],
  ['a small disk', { batch: { diskGB: 10 } }, 'Option batch.diskGB is 10'],
  ['fewer than a job has', { batch: { vcpus: 4, maxVcpus: 2 } }, 'Option batch.maxVcpus is 2'],
  ['no time', { batch: { timeLimitMinutes: 0 } }, 'Option batch.timeLimitMinutes is 0'],
  ['many attempts', { batch: { attempts: 11 } }, 'Option batch.attempts is 11'],
  ['no days', { batch: { expireDays: 0 } }, 'Option batch.expireDays is 0'],
  ['days of no log', { batch: { logDays: 31 } }, 'Option batch.logDays is 31'],
  ['root', { batch: { user: 0 } }, 'Option batch.user is 0'],
  ['a bucket alone', { batch: { location: 's3://acme-training' } }, 'a bucket with a prefix'],
  [
    'a location in the registry',
    { batch: { location: 's3://acme-models/prod/training' } },
    'overlaps the registry in s3://acme-models/prod',
  ],
  [
    'a registry that fills its bucket',
    { environment: { FAIRLEAD_REGISTRY: 's3://acme-models' } },
    'overlaps the registry in s3://acme-models/',
  ],
])('rejects %s', (_, changes, message) => {
  expect(() => templateWith(changes)).toThrow(
    expect.objectContaining({
      code: 'ERR_DEPLOY_CDK_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  );
});

it.each([
  ['an unknown option', { ...options, gpus: 1 }, 'gpus'],
  ['a text for spot', { ...options, spot: 'yes' }, 'Option batch.spot is "yes"'],
  ['another processor', { ...options, processor: 'x86' }, 'Option batch.processor is "x86"'],
  ['no bucket', options, 'Option batch.location is not set'],
])('rejects %s', (_, batch, message) => {
  const stack = new Stack(new App(), 'Shop', { env });
  const network = new Network(stack, 'Network', {});
  expect(
    () =>
      new TrainingJobs(stack, 'Batch', {
        ...{ deployment: withoutBucket, network, options: batch as BatchOptions },
      }),
  ).toThrow(message);
});
