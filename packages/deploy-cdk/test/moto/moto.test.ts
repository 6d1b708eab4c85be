// Deploys a stack with every part to moto and reads it back. moto reports CREATE_COMPLETE also for what it doesn't create: `leftOut` lists it, with an assertion
// on the template for each type and property, so that a release of moto that creates more is noticed.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startMoto } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { allParts } from '../support/all-parts.ts';
import { release } from '../support/sample-stack.ts';
import { acceptableTemplate } from './acceptable-template.ts';
import { leftOut, leftOutProperties } from './left-out.ts';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const readBack = fileURLToPath(new URL('read-back.py', import.meta.url));

type ByName<T> = Readonly<Record<string, T>>;

interface ReadBack {
  readonly status: string;
  /** Logical identifiers of the resources that moto has created. */
  readonly created: readonly string[];
  readonly launchTemplates: ByName<{
    readonly MetadataOptions: object;
    readonly BlockDeviceMappings: readonly object[];
    readonly IamInstanceProfile: { readonly Arn: string };
    readonly UserData: string;
  }>;
  readonly groups: readonly (ByName<unknown> & {
    readonly TargetGroupARNs: readonly string[];
  })[];
  readonly hooks: readonly object[];
  readonly schedules: readonly object[];
  readonly balancers: ByName<{
    readonly listener: object;
    readonly rules: readonly object[];
    readonly attributes: ByName<string>;
  }>;
  readonly targetGroups: ByName<ByName<unknown> & { readonly attributes: ByName<string> }>;
  readonly networks: ByName<{
    readonly subnets: readonly {
      readonly MapPublicIpOnLaunch: boolean;
      readonly AvailabilityZone: string;
    }[];
    readonly endpoints: readonly string[];
    readonly flowLogs: number;
    readonly groups: ByName<{ readonly ingress: object[]; readonly egress: object[] }>;
  }>;
  readonly buckets: ByName<ByName<unknown>>;
  readonly roles: ByName<{
    readonly trust: readonly object[];
    readonly statements: readonly { readonly Action: string | string[] }[];
  }>;
  readonly keys: ByName<boolean>;
  readonly queues: ByName<ByName<string>>;
  readonly topics: ByName<ByName<string>>;
  readonly logGroups: ByName<readonly [number, boolean]>;
  readonly dashboards: readonly string[];
}

describe('a stack with every part in moto', () => {
  let found: ReadBack;
  const { template } = allParts();
  const accepted = acceptableTemplate(template);
  const moto = startMoto();

  beforeAll(async () => {
    const { endpoint } = await moto;
    // Not synchronously: moto would wait for its log to be read.
    const running = promisify(execFile)(python, [readBack, endpoint], { maxBuffer: 1e8 });
    running.child.stdin?.end(JSON.stringify(accepted));
    found = JSON.parse((await running).stdout) as ReadBack;
  }, 120_000);
  afterAll(async () => {
    await (await moto).stop();
  });

  it('is complete', () => {
    expect(found.status).toBe('CREATE_COMPLETE');
  });

  it('has launch templates of hosts: session tokens, one hop, an encrypted disk, the release', () => {
    const [immutable, inPlace] = Object.values(found.launchTemplates);
    for (const each of [immutable, inPlace]) {
      expect(each?.MetadataOptions).toMatchObject({
        ...{ HttpTokens: 'required', HttpPutResponseHopLimit: 1, HttpEndpoint: 'enabled' },
      });
      expect(each?.BlockDeviceMappings).toEqual([
        expect.objectContaining({
          Ebs: expect.objectContaining({ Encrypted: true, VolumeType: 'gp3' }) as object,
        }),
      ]);
      expect(each?.IamInstanceProfile.Arn).toMatch(/HostsLaunchTemplateProfile/);
    }
    expect(JSON.stringify(immutable?.BlockDeviceMappings)).toContain('arn:aws:kms:');
    const userData = (each?: { readonly UserData: string }) =>
      Buffer.from(each?.UserData ?? '', 'base64').toString();
    expect(userData(immutable)).toContain(release.digest);
    expect(userData(inPlace)).toContain('/shop/release');
    expect(userData(inPlace)).toContain('amazon-ssm-agent');
  });

  it('has groups of hosts in three zones with checks of the load balancer, and an explicit version', () => {
    expect(found.groups).toMatchObject([
      { MinSize: 0, MaxSize: 12 },
      { MinSize: 2, MaxSize: 4 },
    ]);
    for (const group of found.groups) {
      expect(group).toMatchObject({
        ...{ HealthCheckType: 'ELB,EBS', HealthCheckGracePeriod: 120 },
        LaunchTemplate: { Version: '1' },
        AvailabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
      });
    }
    expect(found.groups.map(({ TargetGroupARNs }) => TargetGroupARNs.length)).toEqual([1, 2]);
    expect(found.schedules).toMatchObject([{ Recurrence: '0 7 * * MON-FRI', MinSize: 4 }]);
  });

  it('has listeners with TLS on 443, which answer 403 without the header of CloudFront, and forward gRPC', () => {
    const [cloudFront, grpc] = Object.values(found.balancers);
    for (const each of [cloudFront, grpc]) {
      expect(each?.listener).toMatchObject({
        ...{ Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06' },
      });
    }
    expect(cloudFront?.listener).toMatchObject({ DefaultActions: [{ Type: 'fixed-response' }] });
    expect(cloudFront?.rules[0]).toMatchObject({
      Conditions: [{ HttpHeaderConfig: { HttpHeaderName: 'X-Fairlead-Origin' } }],
    });
    expect(grpc?.rules[0]).toMatchObject({
      Conditions: [{ HttpHeaderConfig: { Values: ['application/grpc*'] } }],
    });
  });

  it('has targets that are checked for readiness', () => {
    const checks = Object.values(found.targetGroups).map((each) => [
      ...[each.Port, each.HealthCheckPath],
      ...[each.HealthCheckIntervalSeconds, each.UnhealthyThresholdCount],
    ]);
    expect(checks).toEqual([
      [8080, '/v2/health/ready', 10, 3],
      [8080, '/v2/health/ready', 10, 3],
      [8081, '/grpc.health.v1.Health/Check', 10, 3],
    ]);
  });

  it('accepts connections by the rules, but those of a list of networks', () => {
    const ingress = Object.values(found.networks).map(({ groups }) =>
      Object.fromEntries(Object.entries(groups).map(([name, each]) => [name, each.ingress])),
    );
    const ofHosts = (port: number) => ({ port, from: 'Load balancer' });
    const others = (name: string) => ({
      'Endpoints of AWS services': [{ port: 443, from: 'Hosts' }],
      [`Cache of ${name}`]: [{ port: 6380, from: 'Hosts' }],
    });
    expect(ingress).toEqual([
      {
        ...{ 'Load balancer': [], Hosts: [ofHosts(8080)], Trainings: [] },
        ...others('shop'),
        'Endpoints of AWS services': ['Hosts', 'Trainings'].map((from) => ({ port: 443, from })),
      },
      {
        'Load balancer': [{ port: 443, from: '0.0.0.0/0' }],
        Hosts: [ofHosts(8080), ofHosts(8081)],
        ...others('shop-grpc'),
      },
    ]);
  });

  it('has subnets without public addresses in three zones, endpoints of what is called, and a flow log', () => {
    const always = ['autoscaling', 'ec2', 'logs', 'monitoring', 's3', 'secretsmanager', 'sns'];
    const endpoints = [...always, 'ssm', 'ssmmessages'];
    const [stored, grpc] = Object.values(found.networks);
    expect(stored?.endpoints).toEqual([...endpoints, 'api', 'dkr', 'sqs'].toSorted());
    expect(grpc?.endpoints).toEqual(endpoints);
    for (const each of [stored, grpc]) {
      expect(each?.subnets.filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).toEqual([]);
      const zones = new Set(each?.subnets.map(({ AvailabilityZone }) => AvailabilityZone));
      expect([zones.size, each?.flowLogs]).toEqual([3, 1]);
    }
  });

  it('encrypts buckets, queues and topics, and rotates keys', () => {
    const encryption = Object.entries(found.buckets).map(([id, bucket]) => [
      id.includes('Log') ? 'log' : 'data',
      bucket.encryption,
    ]);
    expect(encryption.toSorted()).toEqual([
      ...Array.from({ length: 5 }, () => ['data', 'aws:kms']),
      ...Array.from({ length: 4 }, () => ['log', 'AES256']),
    ]);
    expect(Object.values(found.queues).map((each) => each.SqsManagedSseEnabled)).toEqual([
      'true',
      'true',
    ]);
    for (const topic of Object.values(found.topics)) {
      expect(topic.KmsMasterKeyId).toMatch(/^arn:aws:kms:/);
    }
    expect(Object.keys(found.keys)).toHaveLength(10);
    expect(new Set(Object.values(found.keys))).toEqual(new Set([true]));
  });

  it('has the queue with its lease and dead letters, log groups with a retention, and dashboards', () => {
    const queue = Object.values(found.queues).find(({ QueueArn }) =>
      QueueArn?.endsWith(':shop-jobs'),
    );
    expect(queue).toMatchObject({ VisibilityTimeout: '15', ReceiveMessageWaitTimeSeconds: '20' });
    expect(queue?.RedrivePolicy).toMatch(/"maxReceiveCount": 100/);
    expect(Object.keys(found.logGroups)).toHaveLength(12);
    for (const [retention] of Object.values(found.logGroups)) expect(retention).toBe(30);
    expect(found.dashboards).toEqual(['shop', 'shop-grpc']);
  });

  it('gives each role one service or pipeline that assumes it, and actions without wildcards', () => {
    const trusted = Object.values(found.roles).map(({ trust }) => {
      const [{ Principal = {} } = {}, ...others] = trust as {
        readonly Principal?: ByName<string>;
      }[];
      expect(others).toEqual([]);
      const [[kind, principal] = []] = Object.entries(Principal);
      return kind === 'Federated' ? kind : principal;
    });
    const services = ['backup', 'backup', 'ec2', 'ec2', 'ecs-tasks', 'ecs-tasks', 's3', 's3'].map(
      (name) => `${name}.amazonaws.com`,
    );
    const flowLogs = 'vpc-flow-logs.amazonaws.com';
    expect(trusted.toSorted()).toEqual(['Federated', 'Federated', ...services, flowLogs, flowLogs]);
    const actions = Object.values(found.roles).flatMap(({ statements }) =>
      statements.flatMap(({ Action }) => Action),
    );
    expect(actions).toContain('autoscaling:CompleteLifecycleAction');
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('lacks the types that moto leaves out, each of which is asserted in the template', () => {
    const created = new Set(found.created);
    const { Resources } = template.toJSON() as typeof accepted;
    const missing = Object.entries(Resources).filter(([id]) => !created.has(id));
    const types = new Set(missing.map(([, { Type }]) => Type));
    expect([...types].toSorted()).toEqual(Object.keys(leftOut).toSorted());
    for (const [type, assertion] of Object.entries(leftOut)) {
      const ofType = Object.values(template.findResources(type));
      expect(ofType, type).not.toEqual([]);
      for (const { Properties } of ofType) assertion((Properties ?? {}) as ByName<unknown>);
    }
  });

  it('lacks properties that moto leaves out, each of which is asserted in the template', () => {
    expect(found.hooks).toEqual([]);
    for (const group of found.groups) expect(group).not.toHaveProperty('DefaultInstanceWarmup');
    for (const { attributes } of Object.values(found.balancers)) {
      expect(attributes).toMatchObject({
        'access_logs.s3.bucket': '',
        'deletion_protection.enabled': 'false',
      });
    }
    for (const { attributes, ProtocolVersion } of Object.values(found.targetGroups)) {
      expect(ProtocolVersion).toBe('HTTP1');
      expect(attributes).toMatchObject({
        'deregistration_delay.timeout_seconds': '300',
        'load_balancing.algorithm.type': 'round_robin',
      });
    }
    for (const bucket of Object.values(found.buckets)) {
      expect(bucket).toMatchObject({
        ...{ bucketKey: false, versioning: '', logging: false, publicAccessBlock: 'ClientError' },
        ...{ policy: 'ClientError', replication: 'ClientError', lifecycle: 'ClientError' },
      });
    }
    for (const [, isEncrypted] of Object.values(found.logGroups)) expect(isEncrypted).toBe(false);
    const everywhere = [{ port: null, from: '0.0.0.0/0' }];
    for (const { groups } of Object.values(found.networks)) {
      for (const { egress } of Object.values(groups)) expect(egress).toEqual(everywhere);
    }
    for (const [type, assertion] of Object.entries(leftOutProperties)) {
      for (const [id, { Properties }] of Object.entries(template.findResources(type))) {
        assertion((Properties ?? {}) as ByName<unknown>, id);
      }
    }
  });
});
