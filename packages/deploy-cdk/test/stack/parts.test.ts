import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import { ModelService, Storage } from '@fairlead/deploy-cdk';

import { nagFindings } from '../support/check-stack.ts';
import { image } from '../support/sample-containers.ts';
import { isolatedProps, release } from '../support/sample-stack.ts';
import { statementsOf } from '../support/statements.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const env = { account: '111122223333', region: 'eu-central-1' };

describe('a service with every part, and storage of another stack', () => {
  const app = new App();
  const deployment = storedDeployment(
    {},
    {
      gateway: {
        command: ['/opt/shop/current/bin/node', 'main.js'],
        service: { user: 'shop', secretsFile: '/etc/shop/cache.env' },
        environment: storedDeployment().gateway.environment,
      },
      secrets: [
        {
          name: 'cache',
          from: { secretsManager: 'shop/cache' },
          path: '/etc/shop/cache.env',
          variable: 'FAIRLEAD_REDIS_URL',
        },
      ],
    },
  );
  const storage = new Storage(new Stack(app, 'ShopStorage', { env }), 'Storage', { deployment });
  const stack = new Stack(app, 'Shop', { env });
  const archives = {
    bucket: storage.releases?.bucketName ?? '',
    keyArn: storage.key.keyArn,
    release,
  };
  new ModelService(stack, 'Service', {
    ...isolatedProps({ deployment, storage, queue: {}, cache: {} }),
    watching: { models: ['churn'] },
    edge: { firewall: {} },
    backup: {},
    ciRole: {
      github: { repository: 'acme/shop', environment: 'production' },
      permissions: ['hosts', 'models'],
    },
    batch: { image: image('training') },
    release: archives,
  });
  const template = Template.fromStack(stack);

  it('gives hosts what each part needs, and lets it pass the endpoint of S3', () => {
    for (const text of ['s3:::acme-models', 'sqs:', 'secretsmanager:GetSecretValue']) {
      expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain(text);
    }
    const endpoints = JSON.stringify(template.findResources('AWS::EC2::VPCEndpoint'));
    for (const text of ['s3:::acme-models', '.sqs"', '.secretsmanager"', '.ec2"', '.ecr.dkr"']) {
      expect(endpoints).toContain(text);
    }
  });

  it('lets the hosts alone reach the cache', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      ...{ FromPort: 6380, ToPort: 6380 },
      SourceSecurityGroupId: Match.objectLike({
        'Fn::GetAtt': [Match.stringLikeRegexp('HostGroup'), 'GroupId'],
      }),
    });
  });

  it('starts hosts after the parts', () => {
    const [group] = Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
    const dependencies = JSON.stringify((group as { DependsOn: string[] }).DependsOn);
    expect(dependencies).toContain('CacheGroup');
    expect(dependencies).toContain('QueueQueue');
  });

  it('fails an update by the alarm of rollouts, in place of the default one', () => {
    template.hasResource('AWS::AutoScaling::AutoScalingGroup', {
      UpdatePolicy: {
        AutoScalingInstanceRefresh: {
          Preferences: {
            AlarmSpecification: { Alarms: [{ Ref: Match.stringLikeRegexp('WatchingRollout') }] },
          },
        },
      },
    });
    expect(JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'))).not.toContain(
      'UpdateErrors',
    );
  });

  it('gives alarms and the role of the pipeline the name of the group', () => {
    const [group] = Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
    const { AutoScalingGroupName } = group?.Properties as { AutoScalingGroupName: string };
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::IAM::Policy']) {
      expect(JSON.stringify(template.findResources(type))).toContain(AutoScalingGroupName);
    }
  });

  it.each(['ShopStorage', 'Shop'])(
    'deletes all of %s that has a name when its creation is rolled back, so that the next one can create it',
    (name) => {
      const all = (name === 'Shop' ? template : Template.fromStack(Stack.of(storage))).toJSON() as {
        Resources: Record<
          string,
          { Type: string; DeletionPolicy?: string; Properties: { BucketName?: string } }
        >;
      };
      const retained = Object.values(all.Resources).filter(
        ({ DeletionPolicy }) => DeletionPolicy === 'Retain',
      );
      // Buckets of logs have objects at once, which a bucket can't be deleted with.
      expect(retained.map(({ Type, Properties }) => [Type, Properties.BucketName])).toEqual(
        retained.map(() => ['AWS::S3::Bucket', undefined]),
      );
      const policies = new Set(
        Object.values(all.Resources).map(({ DeletionPolicy }) => DeletionPolicy),
      );
      expect(policies).toContain('RetainExceptOnCreate');
    },
  );

  it('has no finding of cdk-nag', () => {
    expect(nagFindings(stack)).toEqual([]);
  });

  it('allows on all resources only what has no resources', () => {
    const everywhere = statementsOf(template.toJSON()).filter((text) => text.endsWith(' on *'));
    expect(everywhere.sort()).toEqual([
      // Pipeline: requests that describe groups have no resources.
      'autoscaling:DescribeAutoScalingGroups,autoscaling:DescribeInstanceRefreshes on *',
      // Pipeline: jobs by their names and ids, which no policy can name.
      'batch:DescribeJobs,batch:ListJobs on *',
      // AWS Backup: lists of the account.
      'cloudwatch:GetMetricData,events:ListRules,s3:ListAllMyBuckets on *',
      // Hosts: the namespace is in the condition.
      'cloudwatch:PutMetricData on *',
      // Hosts: the agent of CloudWatch reads the tags of its instance.
      'ec2:DescribeTags on *',
      // Trainings: the token for all repositories, which permits to pull from none by itself.
      'ecr:GetAuthorizationToken on *',
      // Pipeline: targets and their states, and states of commands that it has sent.
      'elasticloadbalancing:DescribeTargetGroups,elasticloadbalancing:DescribeTargetHealth on *',
      'ssm:CancelCommand,ssm:GetCommandInvocation on *',
      // Hosts: the agent of Systems Manager.
      'ssm:UpdateInstanceInformation,ssmmessages:CreateControlChannel,ssmmessages:CreateDataChannel,ssmmessages:OpenControlChannel,ssmmessages:OpenDataChannel on *',
    ]);
  });

  it('has no statement for hosts with a wildcard as its action', () => {
    const hosts = statementsOf(template.toJSON()).filter((text) => /^\S*\*\S* on /.test(text));
    expect(hosts).toEqual([]);
  });
});
