import {
  ElasticLoadBalancingV2Client,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { awsTestConnection, startMoto, type MotoServer } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Balancer } from '../../src/index.ts';
import { targetGroupBalancer } from '../../src/target-group.ts';

const TARGETS = ['10.0.0.1', '10.0.0.2'];

describe('a target group', () => {
  let moto: MotoServer;
  let client: ElasticLoadBalancingV2Client;
  let targetGroupArn: string;
  let balancer: Balancer;
  const stateOf = async (target: string): Promise<string | undefined> => {
    const { TargetHealthDescriptions = [] } = await client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
    );
    return TargetHealthDescriptions.find(({ Target }) => Target?.Id === target)?.TargetHealth
      ?.State;
  };

  beforeAll(async () => {
    moto = await startMoto();
    client = new ElasticLoadBalancingV2Client({ endpoint: moto.endpoint, ...awsTestConnection });
    const { TargetGroups: [group] = [] } = await client.send(
      new CreateTargetGroupCommand({
        Name: 'web',
        Protocol: 'HTTP',
        Port: 80,
        VpcId: await defaultVpc(moto),
        TargetType: 'ip',
      }),
    );
    targetGroupArn = group?.TargetGroupArn ?? '';
    await client.send(
      new RegisterTargetsCommand({
        TargetGroupArn: targetGroupArn,
        Targets: TARGETS.map((Id) => ({ Id })),
      }),
    );
    balancer = targetGroupBalancer({ client, targetGroupArn, pollMs: 10 });
  });

  afterAll(() => moto.stop());

  it('gets no request for a drained target, and again for a ready one', async () => {
    await balancer.drain('10.0.0.1');
    expect(await stateOf('10.0.0.1')).not.toBe('healthy');
    expect(await stateOf('10.0.0.2')).toBe('healthy');
    await balancer.drain('10.0.0.1');
    await balancer.ready('10.0.0.1');
    expect(await stateOf('10.0.0.1')).toBe('healthy');
    await balancer.ready('10.0.0.1');
  });

  it('names the target and the reason of AWS', async () => {
    const missing = targetGroupBalancer({
      client,
      targetGroupArn: targetGroupArn.replace('/web/', '/gone/'),
    });
    await expect(missing.drain('10.0.0.1')).rejects.toMatchObject({
      code: 'ERR_DEPLOY_BALANCER',
      message: expect.stringMatching(/^Target 10\.0\.0\.1: TargetGroupNotFound/) as string,
    });
  });

  it.each([
    [{ targetGroupArn: 'web' }, 'targetGroupArn is "web"'],
    [{ port: 70_000 }, 'port is 70000'],
    [{ drainTimeoutMs: 0.5 }, 'drainTimeoutMs is 0.5'],
    [{ client: JSON.parse('{}') as ElasticLoadBalancingV2Client }, 'client'],
  ])('rejects the option %j', (options, message) => {
    expect(() => targetGroupBalancer({ client, targetGroupArn, ...options })).toThrow(
      expect.objectContaining({
        code: 'ERR_DEPLOY_INVALID_OPTION',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

/** Reads the ID of moto's default network, for which this package needs no client. */
async function defaultVpc({ endpoint }: MotoServer): Promise<string> {
  const credential = 'Credential=test/20300101/us-east-1/ec2/aws4_request';
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'Action=DescribeVpcs&Version=2016-11-15',
  });
  return /<vpcId>(vpc-\w+)</.exec(await response.text())?.[1] ?? '';
}
