// Deploys the template to moto and reads it back. moto reports CREATE_COMPLETE also for what it doesn't create: the last test lists it, so that a release of moto
// that creates more is noticed, and the other tests of this package assert these properties in the template.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { startMoto } from '@fairlead/test-support';
import { App, BootstraplessSynthesizer, Stack, type IStackSynthesizer } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ModelService } from '@fairlead/deploy-cdk';

import { propsWith, release } from '../support/sample-stack.ts';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const readBack = fileURLToPath(new URL('read-back.py', import.meta.url));

interface ReadBack {
  readonly status: string;
  /** Types of the resources that moto lists. */
  readonly types: readonly string[];
  readonly launchTemplate: {
    readonly MetadataOptions: object;
    readonly BlockDeviceMappings: readonly object[];
    readonly UserData: string;
  };
  readonly group: Readonly<Record<string, unknown>>;
  readonly hooks: readonly object[];
  readonly listener: object;
  readonly targetGroup: object;
  readonly targetGroupAttributes: Readonly<Record<string, string>>;
  readonly balancerAttributes: Readonly<Record<string, string>>;
  readonly groups: Readonly<
    Record<string, { readonly ingress: object[]; readonly egress: object[] }>
  >;
  readonly rolePolicies: readonly { readonly Statement: readonly object[] }[];
  readonly subnets: readonly { readonly MapPublicIpOnLaunch: boolean }[];
  readonly endpoints: readonly string[];
  readonly flowLogs: number;
  readonly encryption: string;
  readonly publicAccessBlock: object | string;
  readonly bucketPolicy: string;
  readonly alarms: number;
  readonly scalingPolicies: number;
}

describe('a stack in moto', () => {
  let found: ReadBack;
  let template: Record<string, { Type: string }>;
  const moto = startMoto();

  beforeAll(async () => {
    const { endpoint } = await moto;
    const synthesizer = new BootstraplessSynthesizer() as IStackSynthesizer;
    const stack = new Stack(new App(), 'Shop', { synthesizer });
    new ModelService(stack, 'Service', {
      ...propsWith(),
      // moto has no instances of other images than its own.
      hosts: { instanceType: 'm7g.large', image: { imageId: 'ami-0a1b2c3d4e5f67890' } },
    });
    const json = Template.fromStack(stack).toJSON() as { Resources: typeof template };
    template = json.Resources;
    const input = JSON.stringify(json);
    const result = spawnSync(python, [readBack, endpoint], { input, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
    found = JSON.parse(result.stdout) as ReadBack;
  });
  afterAll(async () => {
    await (await moto).stop();
  });

  it('is complete', () => {
    expect(found.status).toBe('CREATE_COMPLETE');
  });

  it('has the launch template of hosts: session tokens, one hop, an encrypted disk, the release', () => {
    expect(found.launchTemplate.MetadataOptions).toMatchObject({
      ...{ HttpTokens: 'required', HttpPutResponseHopLimit: 1, HttpEndpoint: 'enabled' },
    });
    expect(found.launchTemplate.BlockDeviceMappings).toEqual([
      expect.objectContaining({
        Ebs: expect.objectContaining({ Encrypted: true, VolumeType: 'gp3' }) as object,
      }),
    ]);
    const userData = Buffer.from(found.launchTemplate.UserData, 'base64').toString();
    expect(userData).toContain(release.digest);
    expect(userData).toContain('amazon-ssm-agent');
  });

  it('has the group of hosts with its hook, checks of the load balancer, and an explicit version', () => {
    expect(found.group).toMatchObject({
      ...{ MinSize: 2, MaxSize: 4, HealthCheckGracePeriod: 120 },
      LaunchTemplate: { Version: '1' },
    });
    expect(found.group.HealthCheckType).toContain('ELB');
  });

  it('has a listener with TLS on 443, and targets that are checked for readiness', () => {
    expect(found.listener).toMatchObject({
      ...{ Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06' },
    });
    expect(found.targetGroup).toMatchObject({ Port: 8080, HealthCheckPath: '/v2/health/ready' });
  });

  it('accepts 443 at the load balancer, and 8080 from its group at hosts', () => {
    const ports = Object.entries(found.groups).map(([name, { ingress }]) => [name, ingress]);
    expect(Object.fromEntries(ports)).toEqual({
      'Load balancer': [{ port: 443, from: '0.0.0.0/0' }],
      Hosts: [{ port: 8080, from: 'Load balancer' }],
    });
  });

  it('gives hosts the permissions of the template', () => {
    const actions = found.rolePolicies.flatMap(({ Statement }) =>
      Statement.flatMap((statement) => (statement as { Action: string | string[] }).Action),
    );
    expect(actions).toContain('autoscaling:CompleteLifecycleAction');
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('has private subnets, endpoints, a flow log, and an encrypted bucket', () => {
    expect(found.subnets.filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).toEqual([]);
    expect(found.endpoints).toEqual(['com.amazonaws.us-east-1.s3']);
    expect(found.flowLogs).toBe(1);
    expect(found.encryption).toBe('AES256');
  });

  it('lacks what moto leaves out, which the tests of the template assert', () => {
    const planned = new Set(Object.values(template).map(({ Type }) => Type));
    expect([...planned].filter((type) => !found.types.includes(type)).sort()).toEqual([
      'AWS::AutoScaling::ScalingPolicy',
      'AWS::CloudFormation::WaitCondition',
      'AWS::CloudFormation::WaitConditionHandle',
      'AWS::CloudWatch::Alarm',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::S3::BucketPolicy',
    ]);
    expect([found.alarms, found.scalingPolicies, found.hooks]).toEqual([0, 0, []]);
    expect(found.group).not.toHaveProperty('DefaultInstanceWarmup');
    expect(found.balancerAttributes).toMatchObject({
      'access_logs.s3.bucket': '',
      'deletion_protection.enabled': 'false',
    });
    expect(found.targetGroupAttributes).toMatchObject({
      'deregistration_delay.timeout_seconds': '300',
      'load_balancing.algorithm.type': 'round_robin',
    });
    expect(found.publicAccessBlock).toBe('ClientError');
    expect(found.bucketPolicy).toBe('ClientError');
    const everywhere = [{ port: null, from: '0.0.0.0/0' }];
    const egress = Object.values(found.groups).map((group) => group.egress);
    expect(egress).toEqual([everywhere, everywhere]);
  });
});
