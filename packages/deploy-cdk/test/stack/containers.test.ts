import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import { ContainerService, Storage, type ContainerServiceProps } from '@fairlead/deploy-cdk';

import { lintFindings, nagFindings } from '../support/check-stack.ts';
import {
  containerProps,
  deploymentOf,
  images,
  ofContainers,
} from '../support/sample-containers.ts';
import { statementsOf } from '../support/statements.ts';

const env = { account: '111122223333', region: 'eu-central-1' };
const github = { repository: 'acme/shop', environment: 'production' };

const deployment = deploymentOf(
  {
    FAIRLEAD_CAPTURE_LOCATION: 's3://acme-captures/prod',
    FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs',
    FAIRLEAD_JOBS_BUCKET: 'acme-jobs',
    FAIRLEAD_CLOUDWATCH_NAMESPACE: 'Shop',
    FAIRLEAD_NOTICE_TOPIC: 'arn:aws:sns:eu-central-1:111122223333:shop-alarms',
    FAIRLEAD_MODELS: 'churn',
  },
  {
    cloudWatch: { retentionDays: 90 },
    grpc: { address: '0.0.0.0:8081' },
    secrets: [
      ...ofContainers.secrets,
      {
        name: 'cache',
        from: { secretsManager: 'shop/cache' },
        path: '/etc/shop/gateway.env',
        variable: 'FAIRLEAD_REDIS_URL',
      },
    ],
  },
);

const app = new App();
const storage = new Storage(new Stack(app, 'ShopStorage', { env }), 'Storage', {
  ...{ deployment, hasReleases: false },
});
const props: ContainerServiceProps = containerProps({
  deployment,
  network: { maxAzs: 3 },
  containers: {
    images,
    scaling: {
      requestsPerSecond: 180,
      schedule: [{ cron: '0 7 * * MON-FRI', min: 4 }],
      predictive: 'forecast',
    },
  },
  ...{ storage, queue: {}, cache: {}, backup: {} },
  watching: { emails: ['on-call@example.com'] },
  edge: { firewall: {} },
  ciRole: { github, permissions: ['stack', 'plan', 'images', 'models'] },
});

/** Tasks with every part, and tasks behind CloudFront, which gRPC excludes. */
function largest() {
  const stack = new Stack(app, 'Shop', { env });
  const service = new ContainerService(stack, 'Service', props);
  new ContainerService(stack, 'Cdn', {
    ...containerProps({ containers: { images, min: 2, max: 2 } }),
    edge: {
      distribution: {
        domainNames: ['models.example.com'],
        certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1234',
        webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1234',
        originPrefixListId: 'pl-a3a144ca',
      },
    },
  });
  return { stack, service };
}

const before = process.cpuUsage();
const { stack, service } = largest();
const template = Template.fromStack(stack);
const { user, system } = process.cpuUsage(before);
const text = (type: string, properties?: object) =>
  JSON.stringify(template.findResources(type, properties));

/** Permissions of a role of the service with all parts, without references. */
function permissionsOf(role: string): string[] {
  const all = template.toJSON().Resources as Record<string, unknown>;
  const ofRole = Object.entries(all).filter(([id]) => id.startsWith(`Service${role}DefaultPolicy`));
  return statementsOf({ Resources: Object.fromEntries(ofRole) })
    .map((each) => each.replaceAll(/\{.*?\}/g, '…'))
    .toSorted();
}

describe('the largest configuration of tasks', () => {
  it('is synthesised in less than 15 seconds of processor time', () => {
    expect((user + system) / 1e6).toBeLessThan(15);
  });

  it('has no finding of cdk-nag', () => {
    expect(nagFindings(stack)).toEqual([]);
  });

  it('has no error and no warning of cfn-lint', async () => {
    expect(await lintFindings(template.toJSON())).toEqual([]);
  });

  it('allows on all resources only what has no resources', () => {
    const everywhere = statementsOf(template.toJSON()).filter((each) => each.endsWith(' on *'));
    expect(everywhere.toSorted()).toEqual([
      // Pipeline: a detection of drift.
      'cloudformation:DescribeStackDriftDetectionStatus on *',
      // AWS Backup: lists of the account.
      'cloudwatch:GetMetricData,events:ListRules,s3:ListAllMyBuckets on *',
      // Tasks: the namespace is in the condition.
      'cloudwatch:PutMetricData on *',
      // ECS of both services, and the pipeline.
      'ecr:GetAuthorizationToken on *',
      'ecr:GetAuthorizationToken on *',
      'ecr:GetAuthorizationToken on *',
    ]);
  });
});

describe('permissions', () => {
  it('of the programs are those of the parts, without releases and the cache', () => {
    expect(permissionsOf('TaskRole')).toEqual([
      'cloudwatch:PutMetricData on *',
      'kms:Decrypt,kms:GenerateDataKey on …',
      'kms:Decrypt,kms:GenerateDataKey on …',
      's3:DeleteObject on arn:…:s3:::acme-captures/prod/*',
      's3:DeleteObject on arn:…:s3:::acme-jobs/jobs/*',
      's3:DeleteObject on arn:…:s3:::acme-models/prod/.conditional-write-check',
      's3:DeleteObject on arn:…:s3:::acme-models/prod/claims/*',
      's3:DeleteObject on arn:…:s3:::acme-models/prod/rollouts/*/counts/*',
      's3:GetObject on arn:…:s3:::acme-captures/prod/*',
      's3:GetObject on arn:…:s3:::acme-jobs/jobs/*',
      's3:GetObject on arn:…:s3:::acme-models/prod/*',
      's3:ListBucket on arn:…:s3:::acme-captures',
      's3:ListBucket on arn:…:s3:::acme-jobs',
      's3:ListBucket on arn:…:s3:::acme-models',
      's3:PutObject on arn:…:s3:::acme-captures/prod/*',
      's3:PutObject on arn:…:s3:::acme-jobs/jobs/*',
      ...['.conditional-write-check', 'claims/*', 'drift/*', 'models/*', 'rollouts/*'].map(
        (key) => `s3:PutObject on arn:…:s3:::acme-models/prod/${key}`,
      ),
      's3:PutObject on arn:…:s3:::acme-models/prod/windows/*',
      'sns:Publish on …',
      'sqs:ChangeMessageVisibility,sqs:DeleteMessage,sqs:GetQueueAttributes,sqs:ReceiveMessage,sqs:SendMessage on arn:…:sqs:eu-central-1:111122223333:shop-jobs',
    ]);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('ServiceTaskRole'),
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'cloudwatch:PutMetricData',
            Condition: { StringEquals: { 'cloudwatch:namespace': ['Shop'] } },
          }),
        ]),
      }),
    });
  });

  it('of ECS are to pull these images, read these secrets with the key of the cache, and write these logs', () => {
    const pull = 'ecr:BatchCheckLayerAvailability,ecr:GetDownloadUrlForLayer,ecr:BatchGetImage';
    expect(permissionsOf('ExecutionRole')).toEqual([
      ...['flask', 'gateway', 'nginx'].map(
        (program) => `${pull} on arn:…:ecr:eu-central-1:111122223333:repository/shop-${program}`,
      ),
      'ecr:GetAuthorizationToken on *',
      'kms:Decrypt on …',
      ...Array.from({ length: 4 }, () => 'logs:CreateLogStream,logs:PutLogEvents on …'),
      'secretsmanager:GetSecretValue on arn:…:secretsmanager:…:…:secret:shop/keys-??????',
      'secretsmanager:GetSecretValue on …',
      'ssm:GetParameters on arn:…:ssm:…:…:parameter/shop/pepper',
    ]);
  });

  it('of a pipeline are to push these images, to update the stack, and to push models', () => {
    const policies = Object.entries(template.toJSON().Resources as Record<string, unknown>);
    const ofPipeline = policies.filter(([id]) => id.startsWith('ServiceCiRolePolicy'));
    const found = statementsOf({ Resources: Object.fromEntries(ofPipeline) });
    const push =
      'ecr:BatchCheckLayerAvailability,ecr:BatchGetImage,ecr:CompleteLayerUpload,ecr:InitiateLayerUpload,ecr:PutImage,ecr:UploadLayerPart';
    expect(
      found
        .filter((each) => each.startsWith('ecr:'))
        .map((each) => each.replaceAll(/\{.*?\}/g, '…'))
        .toSorted(),
    ).toEqual([
      ...['flask', 'gateway', 'nginx'].map(
        (program) => `${push} on arn:…:ecr:eu-central-1:111122223333:repository/shop-${program}`,
      ),
      'ecr:GetAuthorizationToken on *',
    ]);
    expect(found.filter((each) => /^(?:ssm|elasticloadbalancing|autoscaling):/.test(each))).toEqual(
      [],
    );
    for (const name of ['deploy', 'file-publishing', 'lookup']) {
      expect(found.join('\n')).toContain(`:role/cdk-hnb659fds-${name}-role-`);
    }
  });
});

describe('the way of tasks to AWS', () => {
  it('has an endpoint for each service that a permission is for, and none of hosts', () => {
    const endpoints = text('AWS::EC2::VPCEndpoint', {
      Properties: { VpcEndpointType: 'Interface', VpcId: { Ref: vpcOf('Service') } },
    });
    const names = [...endpoints.matchAll(/com\.amazonaws\.eu-central-1\.([\w.]+)/g)].map(
      ([, name]) => name,
    );
    expect(names.toSorted()).toEqual([
      'ecr.api',
      'ecr.dkr',
      'logs',
      'monitoring',
      'secretsmanager',
      'sns',
      'sqs',
      'ssm',
    ]);
  });

  it('passes the endpoint of S3 for layers of images and for objects of the parts', () => {
    const endpoint = text('AWS::EC2::VPCEndpoint', {
      Properties: { VpcEndpointType: 'Gateway', VpcId: { Ref: vpcOf('Service') } },
    });
    for (const part of ['starport-layer-bucket/*', 's3:::acme-models/prod/windows/*']) {
      expect(endpoint).toContain(part);
    }
    expect(endpoint).not.toMatch(/amazon-ssm|amazoncloudwatch-agent|waitcondition/);
  });

  it('lets the tasks alone reach the cache', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      ...{ FromPort: 6380, ToPort: 6380 },
      SourceSecurityGroupId: {
        'Fn::GetAtt': [Match.stringLikeRegexp('ServiceNetworkHostGroup'), 'GroupId'],
      },
    });
  });
});

describe('the service', () => {
  const services = template.findResources('AWS::ECS::Service') as Record<
    string,
    { Properties: Record<string, unknown>; DependsOn: string[] }
  >;
  const of = (id: string) =>
    Object.entries(services).find(([name]) => name.startsWith(`${id}Tasks`))?.[1];

  it('fails a deployment by the alarms of the alarm of rollouts, all of which it can wait for', () => {
    const { Alarms } = of('Service')?.Properties.DeploymentConfiguration as {
      Alarms: { AlarmNames: { Ref: string }[]; Enable: boolean; Rollback: boolean };
    };
    expect(Alarms).toMatchObject({ Enable: true, Rollback: true });
    const alarms = template.findResources('AWS::CloudWatch::Alarm') as Record<
      string,
      { Properties: { AlarmName?: string } }
    >;
    const names = Alarms.AlarmNames.map(({ Ref }) => alarms[Ref]?.Properties.AlarmName);
    expect(names.toSorted()).toEqual([
      'shop-balancer-failures',
      'shop-churn-failures',
      'shop-churn-latency',
      'shop-failures',
      'shop-grpc-latency',
      'shop-grpc-unhealthy-hosts',
      'shop-latency',
      'shop-unhealthy-hosts',
    ]);
    const [composite] = Object.values(template.findResources('AWS::CloudWatch::CompositeAlarm'));
    const rule = JSON.stringify(composite?.Properties);
    for (const { Ref } of Alarms.AlarmNames) expect(rule).toContain(`"${Ref}"`);
    expect(rule).toContain('Alarmrunningtasks');
    expect(text('AWS::CloudWatch::Alarm')).not.toContain('ServiceUpdateErrors');
  });

  it('starts after buckets, queue and cache, and after the target groups have a load balancer', () => {
    const dependencies = of('Service')?.DependsOn.join(' ') ?? '';
    expect(stack.dependencies).toContain(Stack.of(storage));
    for (const part of ['CacheGroup', 'QueueQueue', 'HttpsGrpcRule']) {
      expect(dependencies).toContain(part);
    }
    // Behind CloudFront, a rule alone connects them.
    expect(of('Cdn')?.DependsOn.join(' ')).toContain('FromCloudFront');
  });

  it('gets connections of CloudFront alone, with its prefix list', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      ...{ FromPort: 443, ToPort: 443, SourcePrefixListId: 'pl-a3a144ca' },
      GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('CdnNetworkBalancerGroup'), 'GroupId'] },
    });
    const group = { GroupDescription: 'Load balancer', VpcId: { Ref: vpcOf('Cdn') } };
    expect(text('AWS::EC2::SecurityGroup', { Properties: group })).not.toContain('0.0.0.0/0');
  });

  it('has WAF at its load balancer', () => {
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
      ResourceArn: { Ref: Match.stringLikeRegexp('ServiceBalancerLoadBalancer') },
    });
  });
});

describe('the parts', () => {
  it('have no bucket of releases', () => {
    expect([...(service.storage?.buckets.keys() ?? [])]).toEqual([
      'acme-models',
      'acme-captures',
      'acme-jobs',
    ]);
    expect(service.storage?.releases).toBeUndefined();
    expect(text('AWS::S3::Bucket')).not.toContain('BucketReleases');
  });

  it('back up the buckets, and no volume', () => {
    const selections = Object.values(template.findResources('AWS::Backup::BackupSelection')) as {
      Properties: { BackupSelection: { Resources: unknown[]; ListOfTags?: unknown } };
    }[];
    expect(selections.map(({ Properties }) => Properties.BackupSelection)).toEqual([
      expect.objectContaining({
        Resources: [expect.anything(), expect.anything(), expect.anything()],
      }),
    ]);
    expect(selections[0]?.Properties.BackupSelection.ListOfTags).toBeUndefined();
    expect(service.backup?.volumeTag).toBeUndefined();
  });

  it('name a service of ECS in alarms and dashboard that is made after them', () => {
    const name = { 'Fn::GetAtt': [Match.stringLikeRegexp('^ServiceTasks'), 'Name'] };
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'shop-cpu',
      Dimensions: [
        { Name: 'ClusterName', Value: { Ref: Match.stringLikeRegexp('^ServiceCluster') } },
        { Name: 'ServiceName', Value: name },
      ],
    });
    expect(text('AWS::CloudWatch::Dashboard')).toMatch(/RunningTaskCount.*ServiceTasks/);
  });

  it('give each container an encrypted log group with the retention of the deployment', () => {
    const groups = ['gateway', 'nginx', 'flask', 'secrets'].map((container) => {
      template.hasResource('AWS::Logs::LogGroup', {
        DeletionPolicy: 'RetainExceptOnCreate',
        Properties: {
          ...{ LogGroupName: `/shop/${container}`, RetentionInDays: 90 },
          KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('NoticesKey'), 'Arn'] },
        },
      });
      return `/shop/${container}`;
    });
    expect([...(service.watching?.logGroups.keys() ?? [])].toSorted()).toEqual(groups.toSorted());
    const [task] = Object.entries(template.findResources('AWS::ECS::TaskDefinition')).flatMap(
      ([id, { Properties }]) => (id.startsWith('ServiceTask') ? [JSON.stringify(Properties)] : []),
    );
    expect(task?.match(/"awslogs-group":\{"Ref":"ServiceWatchingLogs/g)).toHaveLength(4);
  });
});

function vpcOf(id: string): string {
  const names = Object.keys(template.findResources('AWS::EC2::VPC'));
  return names.find((name) => name.startsWith(id)) ?? '';
}
