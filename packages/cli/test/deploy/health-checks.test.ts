import type * as TargetGroup from '@fairlead/deploy/target-group';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { run } from '../support/fairlead.ts';
import {
  GROUP,
  ids,
  PARAMETER,
  startGroupOfHosts,
  type GroupOfHosts,
} from '../support/group-of-hosts.ts';
import {
  buildGroupRelease,
  groupEnvironment,
  type GroupRelease,
} from '../support/group-releases.ts';
import { hostProject } from '../support/host-project.ts';

vi.mock('@fairlead/deploy/ssm', async (load) => {
  const { withShortPauses } = await import('../support/group-releases.ts');
  return withShortPauses(load);
});

// moto finds every target healthy, also one whose instance was terminated.
const ended = new Set<string>();
vi.mock('@fairlead/deploy/target-group', async (load) => ({
  ...(await load<typeof TargetGroup>()),
  endedTargets: () => (id: string) => Promise.resolve(ended.has(id)),
}));

const [one, two] = ids as [string, string];

let place: GroupOfHosts;
let first: GroupRelease;
let second: GroupRelease;

beforeAll(async () => {
  place = await startGroupOfHosts();
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  first = await buildGroupRelease(place, 1);
  second = await buildGroupRelease(place, 2);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await place.close();
});

/** Processes that were suspended while a host changed its release. */
let during: (readonly string[])[] = [];
const BOTH = ['HealthCheck', 'ReplaceUnhealthy'];

beforeEach(() => {
  during = [];
  Object.assign(place.scaling.group, {
    ...{ denied: undefined, suspendedProcesses: [], tags: {} },
    ...{ targetGroupArns: [place.targetGroupArn] },
  });
  place.onScript = (_, script) => {
    if (/activate|rollback/.test(script)) during.push(place.scaling.group.suspendedProcesses);
  };
  for (const id of ids) place.hosts.boot(id, first.digest);
  place.manager.parameters.set(PARAMETER, first.digest);
  place.setInstances(one);
});

const deploy = (watch = '0s') =>
  run({ folder: second.folder }, 'deploy', '--release', second.path, '--watch', watch, '--yes');
const left = () => [place.scaling.group.suspendedProcesses, place.scaling.group.tags];

test('the group replaces no instance that is being updated, also the only one, which is not drained', async () => {
  expect(await deploy()).toMatchObject({ exitCode: 0 });
  expect([during[0], during.at(-1), ...left()]).toEqual([BOTH, BOTH, [], {}]);
  during = [];
  expect(await run({ folder: second.folder }, 'rollback', '--yes')).toMatchObject({ exitCode: 0 });
  expect([during.at(-1), ...left()]).toEqual([BOTH, [], {}]);
});

test('the health checks work again after a failed update', async () => {
  place.setInstances(one, two);
  place.onScript = (id, script) => {
    if (id !== two || !script.includes('activate')) return;
    during.push(place.scaling.group.suspendedProcesses);
    place.hosts.disconnect(two);
  };
  const failed = await deploy();
  expect(failed.exitCode).not.toBe(0);
  expect([during[0], ...left()]).toEqual([BOTH, [], {}]);
});

test('an instance that EC2 ends is skipped, though its group does not notice while its health checks are suspended', async () => {
  place.setInstances(one, two);
  place.onScript = (id, script) => {
    if (id !== two || !script.includes('activate')) return;
    place.hosts.disconnect(one);
    ended.add(one);
  };
  const deployed = await deploy('1s');
  ended.clear();
  expect([deployed.exitCode, deployed.stderr]).toEqual([
    0,
    expect.stringContaining(`skipped, because ${GROUP} ends them: ssm://${one}`),
  ]);
  expect(place.hosts.current(two)).toBe(second.digest);
});

test('a command takes over the health checks that a killed one left suspended', async () => {
  const { group } = place.scaling;
  Object.assign(group, {
    suspendedProcesses: BOTH,
    tags: { 'fairlead:suspended': 'killed HealthCheck ReplaceUnhealthy' },
  });
  const deployed = await deploy();
  expect([deployed.exitCode, deployed.stderr]).toEqual([
    0,
    expect.stringContaining(`the health checks of ${GROUP} were left suspended by a command`),
  ]);
  expect([during[0], ...left()]).toEqual([BOTH, [], {}]);
});

test('the health checks stay suspended for a deployment that still works', async () => {
  const mark = `${new Date().toISOString()} HealthCheck ReplaceUnhealthy @0123456789abcdef:1`;
  const tags = { 'fairlead:suspended:other': mark };
  Object.assign(place.scaling.group, { suspendedProcesses: BOTH, tags });
  const deployed = await deploy();
  expect([deployed.exitCode, ...left()]).toEqual([0, BOTH, tags]);
  expect(deployed.stderr).toContain(`the health checks of ${GROUP} stay suspended for another`);
  expect(deployed.stderr).not.toContain('were left suspended');
  const status = await run({ folder: second.folder }, 'hosts', 'status');
  expect(status.stderr).toContain('are suspended until the end of a deployment');
  expect(status.stderr).not.toContain('resume-processes');
});

test('plan and hosts status show health checks that a killed command left suspended, and resume no others', async () => {
  Object.assign(place.scaling.group, {
    suspendedProcesses: ['Launch', ...BOTH],
    tags: { 'fairlead:suspended': 'killed ReplaceUnhealthy' },
  });
  for (const command of [
    ['plan', '--without-stack'],
    ['hosts', 'status'],
  ]) {
    const { stderr } = await run({ folder: second.folder }, ...command);
    expect(stderr).toContain(`${GROUP} replaces no unhealthy instance: ReplaceUnhealthy were left`);
    expect(stderr).toMatch(/--scaling-processes ReplaceUnhealthy$/m);
  }
  const { stderr } = await deploy();
  expect(stderr).toContain(`suspended processes of ${GROUP}: HealthCheck, Launch; they stay so`);
  expect(stderr).not.toContain('resume-processes');
  expect(left()).toEqual([['Launch', 'HealthCheck'], {}]);
});

test('health checks that cannot be resumed are named with the way to resume them', async () => {
  place.scaling.group.denied = 'ResumeProcesses';
  const deployed = await deploy();
  expect([deployed.exitCode, deployed.stderr]).toEqual([
    0,
    expect.stringContaining(
      `aws autoscaling resume-processes --auto-scaling-group-name ${GROUP} --scaling-processes HealthCheck ReplaceUnhealthy`,
    ),
  ]);
});

test('no host is touched when the health checks cannot be suspended, or no balancer says when a host is healthy', async () => {
  place.scaling.group.denied = 'SuspendProcesses';
  const denied = await deploy();
  expect([denied.exitCode, denied.stderr]).toEqual([
    5,
    expect.stringContaining('Allow autoscaling:SuspendProcesses on the group'),
  ]);
  const folder = hostProject({
    environment: groupEnvironment(place, 2_000).replace(/balancer: .*/, ''),
  });
  const refused = await run({ folder }, 'deploy', '--release', second.path, '--yes');
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringContaining('has no balancer, but the Auto Scaling group'),
  ]);
  expect([during, place.hosts.current(one)]).toEqual([[], first.digest]);
});
