import {
  EC2Client,
  RunInstancesCommand,
  type DescribeInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { awsTestConnection, defaultVpc, startMoto, type MotoServer } from '@fairlead/test-support';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import {
  instanceTargets,
  type InstancesBehindBalancer,
} from '../../src/deploy/instance-targets.ts';
import { hostsOf } from '../../src/hosts/read-hosts.ts';

let moto: MotoServer;
let elb: ElasticLoadBalancingV2Client;
let created = 0;
let instances: readonly { readonly id: string; readonly address: string }[];

beforeAll(async () => {
  moto = await startMoto();
  vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', awsTestConnection.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsTestConnection.credentials.secretAccessKey);
  elb = new ElasticLoadBalancingV2Client({ ...awsTestConnection, endpoint: moto.endpoint });
  const ec2 = new EC2Client({ ...awsTestConnection, endpoint: moto.endpoint });
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 2, MaxCount: 2 }),
  );
  ec2.destroy();
  instances = Instances.map(({ InstanceId = '', PrivateIpAddress = '' }) => ({
    id: InstanceId,
    address: PrivateIpAddress,
  }));
});

afterAll(async () => {
  vi.unstubAllEnvs();
  elb.destroy();
  await moto.stop();
});

async function environmentWith(
  TargetType: 'instance' | 'ip' | 'lambda' | 'missing',
): Promise<InstancesBehindBalancer> {
  const exists = TargetType !== 'missing';
  const { TargetGroups: [group] = [] } = exists
    ? await elb.send(
        new CreateTargetGroupCommand({
          ...{ Name: `shop-${TargetType}-${(created += 1)}`, TargetType },
          ...(TargetType !== 'lambda' && { Protocol: 'HTTP', Port: 80 }),
          ...(TargetType !== 'lambda' && { VpcId: await defaultVpc(moto.endpoint) }),
        }),
      )
    : {};
  const missing = `arn:aws:elasticloadbalancing:${awsTestConnection.region}:123456789012:targetgroup/none/0123456789abcdef`;
  return {
    hosts: hostsOf(instances.map(({ id }) => id)),
    hostGroup: {},
    environment: { balancer: { kind: 'target-group', arn: group?.TargetGroupArn ?? missing } },
  };
}

test('instances are targets by their IDs, or by their addresses in a target group of addresses', async () => {
  expect(instances).toHaveLength(2);
  expect(await instanceTargets(await environmentWith('instance'))).toEqual(
    new Map(instances.map(({ id }) => [`ssm://${id}`, id])),
  );
  expect(await instanceTargets(await environmentWith('ip'))).toEqual(
    new Map(instances.map(({ id, address }) => [`ssm://${id}`, address])),
  );
});

test('no filter of EC2 names more than the 200 instances that it takes', async () => {
  const send = vi.spyOn(EC2Client.prototype, 'send');
  onTestFinished(() => {
    send.mockRestore();
  });
  const many = Array.from({ length: 201 }, (_, i) => `i-${String(i).padStart(17, '0')}`);
  const chosen = await environmentWith('ip');
  const [{ id, address } = { id: '', address: '' }] = instances;
  const targets = await instanceTargets({ ...chosen, hosts: hostsOf([...many, id]) });
  expect(targets).toEqual(new Map([[`ssm://${id}`, address]]));
  const inputs = send.mock.calls.map(([{ input }]) => input as DescribeInstancesCommandInput);
  expect(inputs.map(({ Filters }) => Filters?.[0]?.Values?.length)).toEqual([200, 2]);
});

test.each(['lambda', 'missing'] as const)('a target group that is %s is an error', async (type) => {
  await expect(instanceTargets(await environmentWith(type))).rejects.toMatchObject({
    code: 'ERR_DEPLOY_BALANCER',
    message: expect.stringContaining('can’t be found'.replace('’', "'")) as string,
  });
});

test('hosts that are named one by one keep the targets of the configuration', async () => {
  const chosen = { ...(await environmentWith('missing')), hostGroup: undefined };
  expect(await instanceTargets(chosen)).toEqual(new Map());
});
