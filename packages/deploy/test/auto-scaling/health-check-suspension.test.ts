import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import { awsTestConnection, startAutoScaling, startMoto } from '@fairlead/test-support';
import { afterAll, expect, it, onTestFinished } from 'vitest';

import { AutoScalingGroup } from '../../src/auto-scaling.ts';

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
  expect(await read()).toEqual({ suspended: BOTH, tags: [['fairlead:suspended', false]] });
  await suspension?.resume();
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

it('a change after one that was killed resumes what that one suspended, and nothing else', async () => {
  const { state, group } = await start({ suspendedProcesses: ['HealthCheck'] });
  const killed = await group.suspendHealthChecks();
  const next = await group.suspendHealthChecks();
  expect(next?.isTakenOver).toBe(true);
  // The first one was only slow: the second one has taken the checks over.
  await killed?.resume();
  expect(state.suspendedProcesses).toEqual(BOTH);
  await next?.resume();
  expect([state.suspendedProcesses, state.tags]).toEqual([['HealthCheck'], {}]);
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
