import {
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type DescribeTargetHealthCommandOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { awsTestConnection, defaultVpc, startMoto, type MotoServer } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { targetGroupBalancer, type TargetGroupBalancerOptions } from '../../src/target-group.ts';

const target = '10.0.0.1';

describe('a target group as the balancer of a rolling update', () => {
  let moto: MotoServer;
  let options: TargetGroupBalancerOptions;
  let clients: ElasticLoadBalancingV2Client[] = [];

  beforeAll(async () => {
    moto = await startMoto();
    const client = newClient();
    const vpc = await defaultVpc(moto.endpoint);
    const { TargetGroups: [group] = [] } = await client.send(
      new CreateTargetGroupCommand({
        ...{ Name: 'web', Protocol: 'HTTP', Port: 80, VpcId: vpc, TargetType: 'ip' },
      }),
    );
    options = { client, targetGroupArn: group?.TargetGroupArn ?? '', pollMs: 10 };
  });

  afterAll(async () => {
    for (const client of clients) client.destroy();
    clients = [];
    await moto.stop();
  });

  function newClient(): ElasticLoadBalancingV2Client {
    const client = new ElasticLoadBalancingV2Client({
      ...awsTestConnection,
      endpoint: moto.endpoint,
    });
    clients.push(client);
    return client;
  }

  /** Client whose first answers say another state: moto has no deregistration delay and no health checks. */
  function clientThatSees(states: readonly string[]): ElasticLoadBalancingV2Client {
    const client = newClient();
    const left = [...states];
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const result = await next(args);
          const State = commandName === 'DescribeTargetHealthCommand' ? left.shift() : undefined;
          if (State === undefined) return result;
          const output = result.output as DescribeTargetHealthCommandOutput;
          const [first = {}] = output.TargetHealthDescriptions ?? [];
          const health = { State, Reason: 'Target.Reason', Description: 'because' };
          return {
            ...result,
            output: { ...output, TargetHealthDescriptions: [{ ...first, TargetHealth: health }] },
          } as typeof result;
        },
      { step: 'initialize' },
    );
    return client;
  }

  const stateOf = async (): Promise<string | undefined> => {
    const { TargetHealthDescriptions: [found] = [] } = await options.client.send(
      new DescribeTargetHealthCommand({
        ...{ TargetGroupArn: options.targetGroupArn, Targets: [{ Id: target }] },
      }),
    );
    return found?.TargetHealth?.State;
  };

  it('drains a host that was never registered', async () => {
    await expect(
      targetGroupBalancer({ ...options, drainTimeoutMs: 1_000 }).drain('10.0.0.9'),
    ).resolves.toBeUndefined();
  });

  it('registers a host, and deregisters it, also twice', async () => {
    const balancer = targetGroupBalancer(options);
    for (let times = 0; times < 2; times += 1) {
      await balancer.ready(target);
      expect([await stateOf(), await balancer.isDrained?.(target)]).toEqual(['healthy', false]);
    }
    for (let times = 0; times < 2; times += 1) {
      await balancer.drain(target);
      expect([await stateOf(), await balancer.isDrained?.(target)]).toEqual(['unused', true]);
    }
    const states: Readonly<Record<string, boolean>> = {
      ...{ draining: true, initial: false, unhealthy: false },
    };
    await balancer.ready(target);
    for (const [state, isDrained] of Object.entries(states)) {
      const client = clientThatSees([state]);
      const found = await targetGroupBalancer({ ...options, client }).isDrained?.(target);
      expect([state, found]).toEqual([state, isDrained]);
    }
    await balancer.drain(target);
  });

  it('registers a host with another port', async () => {
    const balancer = targetGroupBalancer({ ...options, port: 8080 });
    await balancer.ready(target);
    const { TargetHealthDescriptions: [found] = [] } = await options.client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: options.targetGroupArn }),
    );
    expect(found?.Target).toEqual({ Id: target, Port: 8080 });
    await balancer.drain(target);
  });

  it('waits for the deregistration delay, and for health', async () => {
    const client = clientThatSees(['draining', 'draining', 'unused', 'initial', 'unhealthy']);
    const balancer = targetGroupBalancer({ ...options, client });
    await balancer.ready(target);
    expect(await stateOf()).toBe('healthy');
    await targetGroupBalancer(options).drain(target);
    const slow = clientThatSees(['initial', 'unhealthy', 'healthy']);
    await targetGroupBalancer({ ...options, client: slow }).ready(target);
    const draining = clientThatSees(['draining', 'draining']);
    await targetGroupBalancer({ ...options, client: draining }).drain(target);
    expect(await stateOf()).toBe('unused');
  });

  it('names the state and its reason when the time is over, and stops by the signal', async () => {
    const client = clientThatSees(Array.from({ length: 1_000 }, () => 'unhealthy'));
    const balancer = targetGroupBalancer({ ...options, client, readyTimeoutMs: 50 });
    await expect(balancer.ready(target)).rejects.toMatchObject({
      code: 'ERR_DEPLOY_BALANCER',
      message: `Target ${target} is unhealthy (because), not healthy after 50 ms.`,
    });
    const stopped = balancer.drain(target, AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('names the target and the error of AWS', async () => {
    const targetGroupArn = `${options.targetGroupArn.slice(0, -16)}0123456789abcdef`;
    const balancer = targetGroupBalancer({ ...options, targetGroupArn });
    for (const method of ['drain', 'ready'] as const) {
      await expect(balancer[method](target)).rejects.toMatchObject({
        code: 'ERR_DEPLOY_BALANCER',
        message: expect.stringMatching(
          /^Target 10\.0\.0\.1: TargetGroupNotFound(?:Exception)?: /,
        ) as string,
      });
    }
  });

  it.each([
    [{ targetGroupArn: 'arn:aws:s3:::bucket' }, /^Option targetGroupArn is "arn:aws:s3:::bucket"/],
    [{ client: JSON.parse('{}') as ElasticLoadBalancingV2Client }, /^Option client: expected/],
    [{ port: 70_000 }, /^Option port is 70000: expected a port/],
    [{ readyTimeoutMs: -1 }, /^Option readyTimeoutMs is -1: /],
  ])('refuses %j', (change, message) => {
    expect(() => targetGroupBalancer({ ...options, ...change })).toThrow(message);
  });
});
