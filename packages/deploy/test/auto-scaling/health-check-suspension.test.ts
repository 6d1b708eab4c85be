import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import { awsTestConnection, startAutoScaling, startMoto } from '@fairlead/test-support';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { AutoScalingGroup } from '../../src/auto-scaling.ts';
import { markValue } from '../../src/auto-scaling/suspension-marks.ts';

const clients: AutoScalingClient[] = [];
afterAll(() => {
  for (const client of clients) client.destroy();
});

function clientOf(endpoint: string): AutoScalingClient {
  const client = new AutoScalingClient({ ...awsTestConnection, endpoint, maxAttempts: 1 });
  clients.push(client);
  return client;
}

async function start(input: Partial<Parameters<typeof startAutoScaling>[0]> = {}) {
  const server = await startAutoScaling({ name: 'shop', instances: [{ id: 'i-1' }], ...input });
  onTestFinished(() => server.close());
  const group = new AutoScalingGroup({ client: clientOf(server.endpoint), name: 'shop' });
  return { state: server.group, group };
}

const BOTH = ['HealthCheck', 'ReplaceUnhealthy'];

it('suspends the health checks of a group of moto, and resumes them', async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  const client = clientOf(moto.endpoint);
  await client.send(
    new CreateLaunchConfigurationCommand({
      ...{ LaunchConfigurationName: 'hosts', ImageId: 'ami-12c6146b', InstanceType: 'm7g.large' },
    }),
  );
  await client.send(
    new CreateAutoScalingGroupCommand({
      ...{ AutoScalingGroupName: 'shop', LaunchConfigurationName: 'hosts', HealthCheckType: 'ELB' },
      ...{ MinSize: 0, MaxSize: 1, DesiredCapacity: 0, AvailabilityZones: ['us-east-1a'] },
    }),
  );
  const read = async () => {
    const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['shop'] });
    const { AutoScalingGroups: [found] = [] } = await client.send(command);
    return {
      suspended: found?.SuspendedProcesses?.map((each) => each.ProcessName).toSorted(),
      tags: found?.Tags?.map(({ Key, PropagateAtLaunch }) => [Key, PropagateAtLaunch]),
    };
  };
  const group = new AutoScalingGroup({ client, name: 'shop' });
  const suspension = await group.suspendHealthChecks();
  expect(await read()).toEqual({
    suspended: BOTH,
    tags: [[expect.stringMatching(/^fairlead:suspended:[0-9a-f-]{36}$/), false]],
  });
  // A value may have these characters only, up to 256.
  const { AutoScalingGroups: [found] = [] } = await client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['shop'] }),
  );
  expect(found?.Tags?.[0]?.Value).toMatch(/^[\w\s+\-=.:/@]{1,256}$/);
  expect(await suspension?.resume()).toBe('resumed');
  expect(await read()).toEqual({ suspended: [], tags: [] });
});

it('leaves processes suspended that were suspended before', async () => {
  const { state, group } = await start({ suspendedProcesses: ['HealthCheck', 'Launch'] });
  const suspension = await group.suspendHealthChecks();
  expect(suspension?.isTakenOver).toBe(false);
  expect(state.suspendedProcesses).toEqual(['HealthCheck', 'Launch', 'ReplaceUnhealthy']);
  await suspension?.resume();
  expect([state.suspendedProcesses, state.tags]).toEqual([['HealthCheck', 'Launch'], {}]);
});

it.each([{ healthCheckType: 'EC2' }, { suspendedProcesses: BOTH }])(
  'suspends nothing in a group with %j',
  async (input) => {
    const { state, group } = await start(input);
    expect(await group.suspendHealthChecks()).toBeUndefined();
    expect([state.suspendedProcesses, state.tags]).toEqual([input.suspendedProcesses ?? [], {}]);
  },
);

describe('a suspension that an ended change has left behind', () => {
  const seconds = (age: number) => new Date(Date.now() - age * 1_000).toISOString();
  it.each([
    ['a mark of an older version', 'fairlead:suspended', 'uuid ReplaceUnhealthy'],
    ['without renewal', 'fairlead:suspended:1', `${seconds(200)} ReplaceUnhealthy`],
    [
      'of a process of this machine',
      'fairlead:suspended:1',
      markValue(['ReplaceUnhealthy']).replace(/\d+$/, '4194303'),
    ],
  ])('is taken over: %s', async (_, key, value) => {
    const { state, group } = await start({ suspendedProcesses: BOTH, tags: { [key]: value } });
    expect((await group.read()).suspension).toEqual({
      ...{ processes: ['ReplaceUnhealthy'], isLeftBehind: true },
    });
    const next = await group.suspendHealthChecks();
    expect([next?.isTakenOver, next?.processes]).toEqual([true, ['ReplaceUnhealthy']]);
    expect(Object.keys(state.tags)).toEqual([expect.stringMatching(/^fairlead:suspended:.{36}$/)]);
    expect((await group.read()).suspension?.isLeftBehind).toBe(false);
    expect(await next?.resume()).toBe('resumed');
    expect([state.suspendedProcesses, state.tags]).toEqual([['HealthCheck'], {}]);
    expect((await group.read()).suspension).toBeUndefined();
  });

  it('is resumed also when the group has only the checks of EC2 now', async () => {
    const { state, group } = await start({
      ...{ healthCheckType: 'EC2', suspendedProcesses: BOTH },
      tags: { 'fairlead:suspended': 'uuid HealthCheck ReplaceUnhealthy' },
    });
    await (await group.suspendHealthChecks())?.resume();
    expect([state.suspendedProcesses, state.tags]).toEqual([[], {}]);
  });
});

it('the last of several changes resumes the health checks', async () => {
  const { state, group } = await start({ suspendedProcesses: ['Launch'] });
  const [first, second] = [await group.suspendHealthChecks(), await group.suspendHealthChecks()];
  expect(second?.isTakenOver).toBe(false);
  expect(await second?.resume()).toBe('left');
  expect([state.suspendedProcesses, Object.keys(state.tags)]).toEqual([
    ['Launch', ...BOTH],
    [expect.any(String)],
  ]);
  expect(await first?.resume()).toBe('resumed');
  expect([state.suspendedProcesses, state.tags]).toEqual([['Launch'], {}]);
});

it('two changes that end at the same time leave nothing suspended', async () => {
  const { state, group } = await start();
  const both = [await group.suspendHealthChecks(), await group.suspendHealthChecks()];
  await Promise.all(both.map(async (each) => each?.resume()));
  expect([state.suspendedProcesses, state.tags]).toEqual([[], {}]);
});

it('a change that begins while another one ends has the health checks suspended', async () => {
  const { state, group } = await start();
  const first = await group.suspendHealthChecks();
  const [, second] = await Promise.all([first?.resume(), group.suspendHealthChecks()]);
  expect(state.suspendedProcesses.toSorted()).toEqual(BOTH);
  await second?.resume();
  expect([state.suspendedProcesses, state.tags]).toEqual([[], {}]);
});

it('health checks are resumed also when their tag was removed', async () => {
  const { state, group } = await start();
  const suspension = await group.suspendHealthChecks();
  state.tags = {};
  expect(await suspension?.resume()).toBe('resumed');
  expect([state.suspendedProcesses, state.tags]).toEqual([[], {}]);
});

it.each(['SuspendProcesses', 'CreateOrUpdateTags'])(
  'changes nothing without the permission %s, and names it',
  async (denied) => {
    const { state, group } = await start({ denied });
    await expect(group.suspendHealthChecks()).rejects.toMatchObject({
      code: 'ERR_DEPLOY_GROUP',
      message: expect.stringMatching(
        `shop can't be changed: .*Allow autoscaling:${denied} on the group`,
      ) as string,
    });
    expect([state.suspendedProcesses, state.tags]).toEqual([[], {}]);
  },
);
