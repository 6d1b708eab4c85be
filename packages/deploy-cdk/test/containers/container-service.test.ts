import { containerDeployment as inContainers, containerSettings } from '@fairlead/deploy-config';
import { Match } from 'aws-cdk-lib/assertions';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';

import { ContainerService } from '@fairlead/deploy-cdk';

import { checkStack } from '../support/check-stack.ts';
import {
  containerDeployment as deployment,
  containerProps as propsWith,
  containerTemplate as templateOf,
  images,
} from '../support/sample-containers.ts';
import { statementsOf } from '../support/statements.ts';

interface Container {
  readonly Name: string;
  readonly [property: string]: unknown;
}

const template = templateOf(propsWith());
const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition')) as {
  Properties: { ContainerDefinitions: readonly Container[]; [name: string]: unknown };
}[];
const containers = new Map(
  task?.Properties.ContainerDefinitions.map((container) => [container.Name, container]),
);

describe('the task', () => {
  it('has the size of the host, as Fargate offers it', () => {
    expect(task?.Properties).toMatchObject({
      ...{ Cpu: '4096', Memory: String(10 * 1024), NetworkMode: 'awsvpc', Family: 'shop' },
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' },
    });
  });

  it('has the containers of the deployment, each when those before are healthy', () => {
    expect([...containers.keys()]).toEqual(['secrets', 'flask', 'gateway', 'nginx']);
    expect(containers.get('nginx')?.DependsOn).toEqual([
      { ContainerName: 'gateway', Condition: 'HEALTHY' },
    ]);
    expect(containers.get('gateway')?.DependsOn).toEqual([
      { ContainerName: 'flask', Condition: 'HEALTHY' },
      { ContainerName: 'secrets', Condition: 'SUCCESS' },
    ]);
  });

  it.each(containerSettings(inContainers(deployment)))(
    'runs $program with environment, limits and health check of the deployment',
    ({ program, environment, health, memoryBytes, openFiles }) => {
      expect(containers.get(program)).toMatchObject({
        Image: images[program],
        Essential: true,
        Memory: Math.ceil(memoryBytes / 1024 ** 2),
        Environment: Object.entries(environment).map(([Name, Value]) => ({ Name, Value })),
        HealthCheck: { Command: ['CMD', ...health.command] },
        StopTimeout: deployment.timeouts.stopMs / 1000,
        Ulimits: [{ Name: 'nofile', SoftLimit: openFiles, HardLimit: openFiles }],
      });
    },
  );

  it('has a read-only root, a numeric account and no capabilities in each container', () => {
    for (const [name, container] of containers) {
      expect(container, name).toMatchObject({
        ReadonlyRootFilesystem: true,
        User: '10001:10001',
        LinuxParameters: { InitProcessEnabled: true, Capabilities: { Drop: ['ALL'] } },
        LogConfiguration: { LogDriver: 'awslogs' },
      });
      expect('Privileged' in container).toBe(false);
    }
  });

  it('lets only a server write into the volume of its sockets', () => {
    const mounts = [...containers.values()].flatMap(({ Name, MountPoints }) =>
      (MountPoints as { SourceVolume: string; ReadOnly: boolean }[])
        .filter(({ SourceVolume }) => /-socket$|^etc-/.test(SourceVolume))
        .map(({ SourceVolume, ReadOnly }) => `${Name} ${SourceVolume} ${ReadOnly ? 'ro' : 'rw'}`),
    );
    expect(mounts.toSorted()).toEqual([
      'flask flask-socket rw',
      'gateway etc-shop ro',
      'gateway flask-socket ro',
      'gateway gateway-socket rw',
      'nginx gateway-socket ro',
      'secrets etc-shop rw',
    ]);
  });

  it('gets secrets from Parameter Store and Secrets Manager, and has none in its template', () => {
    expect(containers.get('gateway')?.Secrets).toEqual([
      { Name: 'FAIRLEAD_PEPPER', ValueFrom: expect.anything() as unknown },
    ]);
    expect(containers.get('secrets')).toMatchObject({
      Essential: false,
      Environment: [{ Name: 'FILES', Value: '{"SECRET_0":"/tmp/keys.json"}' }],
    });
    expect(containers.get('flask')?.Secrets).toBeUndefined();
    expect(containers.get('nginx')?.Secrets).toBeUndefined();
  });
});

describe('the service', () => {
  it('goes back when tasks of a deployment do not become healthy or errors begin, and has no public address', () => {
    template.hasResourceProperties('AWS::ECS::Service', {
      LaunchType: 'FARGATE',
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        Alarms: {
          AlarmNames: [{ Ref: Match.stringLikeRegexp('UpdateErrors') }],
          ...{ Enable: true, Rollback: true },
        },
        ...{ MinimumHealthyPercent: 100, MaximumPercent: 200 },
      },
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
      LoadBalancers: [{ ContainerName: 'nginx', ContainerPort: 8080 }],
      EnableExecuteCommand: false,
    });
  });

  it('rolls back by the alarm that fails an instance refresh: more than 1 % of 5xx', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...{ Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 3 },
      ...{ DatapointsToAlarm: 2, TreatMissingData: 'notBreaching' },
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: 'IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)' }),
      ]),
    });
  });

  it('is behind the load balancer of hosts, with the delay of the deployment', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      ...{ TargetType: 'ip', Port: 8080, Protocol: 'HTTP', HealthCheckPath: '/v2/health/ready' },
      TargetGroupAttributes: Match.arrayWith([
        {
          Key: 'deregistration_delay.timeout_seconds',
          Value: String(Math.ceil(deployment.timeouts.deregistrationMs / 1000)),
        },
      ]),
    });
  });

  it('has the permissions that it needs, and no other', () => {
    const statement = new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: ['arn:aws:s3:::acme-models/prod/*'],
    });
    const found = statementsOf(templateOf(propsWith({ statements: [statement] })).toJSON())
      .filter((each) => !each.startsWith('logs:'))
      .map((each) => each.replaceAll(/\{.*?\}/g, '…'));
    expect(found.toSorted()).toEqual([
      expect.stringMatching(
        /^ecr:BatchCheckLayerAvailability,ecr:GetDownloadUrlForLayer,ecr:BatchGetImage on .*repository\/shop-flask$/,
      ),
      expect.stringMatching(/^ecr:.*repository\/shop-gateway$/),
      expect.stringMatching(/^ecr:.*repository\/shop-nginx$/),
      'ecr:GetAuthorizationToken on *',
      's3:GetObject on arn:aws:s3:::acme-models/prod/*',
      expect.stringMatching(/^secretsmanager:GetSecretValue on .*secret:shop\/keys-\?{6}$/),
      expect.stringMatching(/^ssm:GetParameters on .*parameter\/shop\/pepper$/),
    ]);
  });

  it('passes cdk-nag and cfn-lint', async () => {
    const problems = await checkStack((stack) => {
      new ContainerService(stack, 'Service', propsWith());
    });
    expect(problems).toEqual({ nag: [], lint: [] });
  }, 120_000);
});
