import { containerDeployment, containerSettings } from '@fairlead/deploy-config';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';

import { ContainerService, type ContainerServiceProps } from '@fairlead/deploy-cdk';

import { checkStack } from '../support/check-stack.ts';
import { deploymentWith } from '../support/sample-deployment.ts';
import { statementsOf } from '../support/statements.ts';

const registry = '111122223333.dkr.ecr.eu-central-1.amazonaws.com';
const image = (program: string): string => `${registry}/shop-${program}@sha256:${'ab'.repeat(32)}`;
const images = { gateway: image('gateway'), nginx: image('nginx'), flask: image('flask') };

const changes = {
  target: { nginx: '1.28.0' },
  host: { cores: 4, memoryBytes: 10 * 1024 ** 3 },
  timeouts: { requestMs: 20_000 },
  gateway: {
    command: ['/usr/bin/node', '/opt/main.js'],
    service: { user: 'shop', secretsFile: '/etc/shop/gateway.env' },
    environment: {
      FAIRLEAD_REGISTRY: 's3://acme-models/prod',
      FAIRLEAD_KEYS_FILE: '/etc/shop/keys.json',
      FAIRLEAD_STATE_FOLDER: '/var/lib/shop/records',
    },
  },
  flask: {
    app: 'app:create_app()',
    folder: '/opt/flask',
    gunicorn: '/opt/venv/bin/gunicorn',
    ...{ workers: 2, service: { user: 'shop-flask' } },
    environment: { FAIRLEAD_MODEL_FOLDER: '/app/models' },
  },
  secrets: [
    {
      name: 'pepper',
      from: { ssmParameter: '/shop/pepper' },
      path: '/etc/shop/gateway.env',
      variable: 'FAIRLEAD_PEPPER',
    },
    { name: 'keys', from: { secretsManager: 'shop/keys' }, path: '/etc/shop/keys.json' },
  ],
} as const;
const deployment = deploymentWith(changes);

const propsWith = (given: Partial<ContainerServiceProps> = {}): ContainerServiceProps => ({
  deployment,
  containers: { images, max: 6 },
  balancer: { certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' },
  ...given,
});

function serviceIn(stack: Stack, props: ContainerServiceProps): ContainerService {
  return new ContainerService(stack, 'Service', props);
}

function templateOf(props: ContainerServiceProps): Template {
  const env = { account: '111122223333', region: 'eu-central-1' };
  const stack = new Stack(new App(), 'Shop', { env });
  serviceIn(stack, props);
  return Template.fromStack(stack);
}

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

  it.each(containerSettings(containerDeployment(deployment)))(
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
  it('goes back when tasks of a deployment do not become healthy, and has no public address', () => {
    template.hasResourceProperties('AWS::ECS::Service', {
      LaunchType: 'FARGATE',
      DesiredCount: 2,
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        ...{ MinimumHealthyPercent: 100, MaximumPercent: 200 },
      },
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
      LoadBalancers: [{ ContainerName: 'nginx', ContainerPort: 8080 }],
      EnableExecuteCommand: false,
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

  it('scales between the fewest and the most tasks, or not at all', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ...{ MinCapacity: 2, MaxCapacity: 6 },
    });
    const fixed = templateOf(propsWith({ containers: { images } }));
    fixed.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
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
      serviceIn(stack, propsWith());
    });
    expect(problems).toEqual({ nag: [], lint: [] });
  }, 120_000);
});

describe('a deployment that needs a host', () => {
  it.each<readonly [string, object, string]>([
    [
      'a registry in a folder',
      {
        gateway: {
          ...changes.gateway,
          environment: {
            ...changes.gateway.environment,
            FAIRLEAD_REGISTRY: '/var/lib/shop/registry',
          },
        },
      },
      "a folder, which tasks don't share: use a bucket",
    ],
    [
      'models in a folder',
      { flask: { ...changes.flask, environment: { FAIRLEAD_MODEL_FOLDER: '/var/lib/models' } } },
      'put the models into the image, such as in /app/models',
    ],
    [
      'a file without secret',
      { secrets: changes.secrets.slice(0, 1) },
      'the file /etc/shop/keys.json, which tasks lack: add a secret to secrets',
    ],
    [
      'a secret of hosts',
      { secrets: [{ ...changes.secrets[0], from: { file: '/root/pepper' } }, changes.secrets[1]] },
      'The secret "pepper" of the deployment is a file of hosts',
    ],
    [
      'cores that Fargate lacks',
      { host: { cores: 3, memoryBytes: 10 * 1024 ** 3 } },
      'host.cores of the deployment is 3: Fargate offers 1, 2, 4, 8, 16',
    ],
    [
      'memory that Fargate lacks',
      { host: { cores: 4, memoryBytes: 40 * 1024 ** 3 } },
      'with 4 cores Fargate offers 8 to 30 GiB',
    ],
    [
      'a long stop',
      { timeouts: { requestMs: 200_000 }, keepAlive: { clientMs: 300_000, nginxMs: 310_000 } },
      'Fargate ends a task after 120000',
    ],
  ])('%s is refused with its fix', (_name, change, message) => {
    const given = deploymentWith({ ...changes, ...change });
    expect(() => templateOf(propsWith({ deployment: given }))).toThrow(message);
  });

  it('wrong options are refused', () => {
    const wrong = (containers: object, message: string): void => {
      expect(() => templateOf(propsWith({ containers: containers as never }))).toThrow(message);
    };
    wrong(
      { images: { ...images, gateway: 'shop:latest' } },
      'Option containers.images.gateway is "shop:latest": expected an image of Amazon ECR with its digest',
    );
    wrong(
      { images: { gateway: image('gateway'), nginx: image('nginx') } },
      'Option containers.images.flask is not set',
    );
    wrong(
      { images, min: 3, max: 2 },
      'Option containers.max is 2: expected a whole number from 3 to 1000',
    );
    wrong({ images, processor: 'arm' }, 'Option containers.processor is "arm"');
  });
});
