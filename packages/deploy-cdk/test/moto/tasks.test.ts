// Deploys the template of tasks to moto and reads it back; the last test lists what moto leaves out, which the tests of the template assert.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { startMoto } from '@fairlead/test-support';
import { App, BootstraplessSynthesizer, Stack, type IStackSynthesizer } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ContainerService } from '@fairlead/deploy-cdk';

import { containerProps, images } from '../support/sample-containers.ts';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const readTasks = fileURLToPath(new URL('read-tasks.py', import.meta.url));

interface ReadBack {
  readonly status: string;
  /** Types of the resources that moto lists. */
  readonly types: readonly (string | null)[];
  readonly service: Readonly<Record<string, unknown>>;
  readonly task: { readonly containerDefinitions: readonly Readonly<Record<string, unknown>>[] };
  readonly target: Readonly<Record<string, unknown>>;
  readonly scalable: readonly unknown[];
  /** Policies of all roles. */
  readonly policies: readonly {
    readonly Statement: readonly {
      readonly Action: string | string[];
      readonly Resource: unknown;
    }[];
  }[];
}

describe('a stack of tasks in moto', () => {
  let found: ReadBack;
  let planned: ReadonlySet<string>;
  const moto = startMoto();

  beforeAll(async () => {
    const { endpoint } = await moto;
    const synthesizer = new BootstraplessSynthesizer() as IStackSynthesizer;
    const stack = new Stack(new App(), 'Shop', { synthesizer });
    const network = { internetAccess: 'nat' } as const;
    new ContainerService(stack, 'Service', containerProps({ network }));
    const json = Template.fromStack(stack).toJSON() as {
      Resources: Record<string, { Type: string }>;
    };
    planned = new Set(Object.values(json.Resources).map(({ Type }) => Type));
    const input = JSON.stringify(json);
    const result = spawnSync(python, [readTasks, endpoint], { input, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
    found = JSON.parse(result.stdout) as ReadBack;
  });
  afterAll(async () => {
    await (await moto).stop();
  });

  it('is complete, and runs the containers by their digests', () => {
    expect(found.status).toBe('CREATE_COMPLETE');
    expect(found.service.status).toBe('ACTIVE');
    expect(found.task.containerDefinitions.map(({ image }) => image)).toEqual([
      ...[images.gateway, images.flask, images.gateway, images.nginx],
    ]);
  });

  it('has a read-only root and no capability in each container', () => {
    for (const container of found.task.containerDefinitions) {
      expect(container).toMatchObject({
        ...{ readonlyRootFilesystem: true, user: '10001:10001' },
        linuxParameters: { capabilities: { drop: ['ALL'] } },
      });
    }
  });

  it('has addresses of the network as targets, which are checked for readiness', () => {
    expect(found.target).toMatchObject({
      ...{ TargetType: 'ip', Port: 8080, HealthCheckPath: '/v2/health/ready' },
    });
  });

  it('lets ECS pull, and read and write by name', () => {
    const statements = found.policies.flatMap(({ Statement }) => Statement);
    const everywhere = statements.filter(({ Resource }) => Resource === '*');
    expect(everywhere.map(({ Action }) => Action)).toEqual(['ecr:GetAuthorizationToken']);
    expect(statements.map(({ Action }) => Action)).toEqual(
      expect.arrayContaining(['secretsmanager:GetSecretValue', 'ssm:GetParameters']),
    );
  });

  it('lacks what moto leaves out', () => {
    expect([...planned].filter((type) => !found.types.includes(type)).toSorted()).toEqual([
      'AWS::ApplicationAutoScaling::ScalableTarget',
      'AWS::ApplicationAutoScaling::ScalingPolicy',
      'AWS::CloudWatch::Alarm',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::S3::BucketPolicy',
    ]);
    expect(found.scalable).toEqual([]);
    expect(found.service).toMatchObject({
      ...{ loadBalancers: [], networkConfiguration: {}, launchType: 'EC2' },
    });
    expect(found.service).not.toHaveProperty('deploymentConfiguration');
    expect(found.task).not.toHaveProperty('taskRoleArn');
    expect(found.task).toMatchObject({ networkMode: 'bridge' });
  });
});
