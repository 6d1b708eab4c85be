import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  EnterStandbyCommand,
  SetInstanceHealthCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  awsTestConnection,
  startAutoScaling,
  startMoto,
  type AutoScalingServer,
  type MotoServer,
} from '@fairlead/test-support';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
  vi,
} from 'vitest';

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

describe('an Auto Scaling group of moto', () => {
  let moto: MotoServer;
  let client: AutoScalingClient;

  beforeAll(async () => {
    moto = await startMoto();
    client = clientOf(moto.endpoint);
    await client.send(
      new CreateLaunchConfigurationCommand({
        ...{ LaunchConfigurationName: 'hosts', ImageId: 'ami-12c6146b', InstanceType: 'm7g.large' },
      }),
    );
  });
  afterAll(() => moto.stop());

  async function create(name: string, size: number): Promise<AutoScalingGroup> {
    await client.send(
      new CreateAutoScalingGroupCommand({
        ...{ AutoScalingGroupName: name, LaunchConfigurationName: 'hosts' },
        ...{ MinSize: 0, MaxSize: 9, DesiredCapacity: size, AvailabilityZones: ['us-east-1a'] },
      }),
    );
    return new AutoScalingGroup({ client, name });
  }

  it('lists the instances that are in service', async () => {
    const group = await create('shop', 3);
    const { inService, starting, others, suspendedProcesses, hasWarmPool } = await group.read();
    expect(inService).toEqual(
      [1, 2, 3].map(() => expect.stringMatching(/^i-[0-9a-f]{17}$/) as string),
    );
    expect(inService).toEqual(inService.toSorted());
    expect([starting, others, suspendedProcesses, hasWarmPool]).toEqual([[], new Map(), [], false]);
  });

  it('finds one of more groups than a page holds', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `more-${index}`);
    for (const name of names) await create(name, 0);
    const group = await create('zone', 1);
    expect((await group.read()).inService).toHaveLength(1);
  });

  it('leaves out instances on standby, unhealthy and ended ones, and names suspended processes', async () => {
    const group = await create('changing', 4);
    const [standby = '', unhealthy = '', ended = '', last] = (await group.read()).inService;
    const AutoScalingGroupName = 'changing';
    await client.send(
      new EnterStandbyCommand({
        ...{ AutoScalingGroupName, InstanceIds: [standby], ShouldDecrementDesiredCapacity: true },
      }),
    );
    await client.send(
      new SetInstanceHealthCommand({ InstanceId: unhealthy, HealthStatus: 'Unhealthy' }),
    );
    await client.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        ...{ InstanceId: ended, ShouldDecrementDesiredCapacity: true },
      }),
    );
    const processes = { AutoScalingGroupName, ScalingProcesses: ['Launch', 'AddToLoadBalancer'] };
    await client.send(new SuspendProcessesCommand(processes));
    const state = await group.read();
    expect([state.inService, state.suspendedProcesses]).toEqual([
      [last],
      ['AddToLoadBalancer', 'Launch'],
    ]);
    expect(Object.fromEntries(state.others)).toEqual({
      [standby]: 'Standby',
      [unhealthy]: 'InService, Unhealthy',
    });
    expect(await group.departureOf(last ?? '')).toBeUndefined();
    expect(await group.departureOf(ended)).toBe('ended');
    expect(await group.departureOf(unhealthy)).toBe('unhealthy');
  });

  it('rejects a name that no group has', async () => {
    const group = new AutoScalingGroup({ client, name: 'shpo' });
    await expect(group.read()).rejects.toMatchObject({
      code: 'ERR_DEPLOY_GROUP_NOT_FOUND',
      message: expect.stringContaining('no Auto Scaling group "shpo" in us-east-1') as string,
    });
  });
});

describe('an Auto Scaling group that changes', () => {
  let server: AutoScalingServer;
  let group: AutoScalingGroup;

  beforeEach(async () => {
    server = await startAutoScaling({
      name: 'shop',
      instances: [
        { id: 'i-2' },
        { id: 'i-1' },
        { id: 'i-3', state: 'Pending:Wait' },
        { id: 'i-4', state: 'Terminating:Wait' },
        { id: 'i-5', health: 'Unhealthy' },
      ],
    });
    group = new AutoScalingGroup({ client: clientOf(server.endpoint), name: 'shop' });
  });
  afterEach(() => server.close());

  it('has instances in service and starting ones, found on the second page', async () => {
    expect(await group.read()).toMatchObject({
      inService: ['i-1', 'i-2'],
      starting: ['i-3'],
      others: new Map([
        ['i-4', 'Terminating:Wait'],
        ['i-5', 'InService, Unhealthy'],
      ]),
    });
  });

  it('knows that an instance was unhealthy which leaves between two questions, while it is watched', async () => {
    const client = clientOf(server.endpoint);
    const send = vi.spyOn(client, 'send');
    const watched = new AutoScalingGroup({ client, name: 'shop' });
    await watched.read();
    const watch = watched.watch(20);
    onTestFinished(() => {
      watch[Symbol.dispose]();
    });
    server.group.instances = [{ id: 'i-1', health: 'Unhealthy' }, { id: 'i-2' }];
    const before = send.mock.calls.length;
    await vi.waitFor(() => {
      const ended = send.mock.settledResults.filter(({ type }) => type === 'fulfilled');
      expect(ended.length).toBeGreaterThan(before + 2);
    }, 10_000);
    server.group.instances = [{ id: 'i-2' }];
    expect(await watched.departureOf('i-1')).toBe('unhealthy');
  });

  it('distinguishes a scale-in from a replacement for health, also once the instance is not listed any more', async () => {
    await group.read();
    expect(await group.departureOf('i-4')).toBe('ended');
    expect(await group.departureOf('i-5')).toBe('unhealthy');
    expect(await group.departureOf('i-1')).toBeUndefined();
    server.group.instances = [];
    const later = new AutoScalingGroup({ client: clientOf(server.endpoint), name: 'shop' });
    expect(await later.departureOf('i-1')).toBe('ended');
    await group.read();
    await new Promise((resolve) => setTimeout(resolve, 1_600));
    expect(await group.departureOf('i-5')).toBe('unhealthy');
    expect(await group.departureOf('i-2')).toBe('ended');
  });

  it.each(['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking'])(
    'refuses an instance refresh that is %s',
    async (status) => {
      server.group.refresh = status;
      await expect(group.requireNoRefresh()).rejects.toMatchObject({
        code: 'ERR_DEPLOY_GROUP_REFRESHING',
        message: expect.stringContaining(
          `refresh-1 of the Auto Scaling group shop is ${status}`,
        ) as string,
      });
    },
  );

  it.each(['Successful', 'Failed', 'Cancelled', 'RollbackFailed', 'RollbackSuccessful', undefined])(
    'accepts an instance refresh that is %s',
    async (status) => {
      server.group.refresh = status;
      await expect(group.requireNoRefresh()).resolves.toBeUndefined();
    },
  );

  it('names the permission that is missing', async () => {
    server.group.denied = 'DescribeAutoScalingGroups';
    await expect(group.read()).rejects.toMatchObject({
      code: 'ERR_DEPLOY_GROUP',
      message: expect.stringContaining(
        'Allow autoscaling:DescribeAutoScalingGroups on "*"',
      ) as string,
    });
    server.group.denied = 'DescribeInstanceRefreshes';
    await expect(group.requireNoRefresh()).rejects.toThrow(
      'Allow autoscaling:DescribeInstanceRefreshes',
    );
  });

  it('names the network when AWS cannot be reached', async () => {
    const away = new AutoScalingGroup({ client: clientOf('http://127.0.0.1:1'), name: 'shop' });
    await expect(away.read()).rejects.toMatchObject({
      code: 'ERR_DEPLOY_GROUP',
      message: expect.stringContaining(
        'Check the credentials, the region and the network.',
      ) as string,
    });
  });

  it.each([
    [{ name: '' }, 'Option name'],
    [{ client: {} }, 'Option client'],
    [{ nmae: 'x' }, 'Did you mean `name`?'],
  ])('rejects the options %j', (options, message) => {
    const all = { client: clientOf(server.endpoint), name: 'shop', ...options };
    expect(() => new AutoScalingGroup(all as never)).toThrow(message);
  });
});
