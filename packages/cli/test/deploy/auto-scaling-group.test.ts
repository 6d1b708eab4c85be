import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { run, runJson } from '../support/fairlead.ts';
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

const [one, two, three, four] = ids as [string, string, string, string];

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

const nothing = (): void => undefined;

beforeEach(() => {
  Object.assign(place.scaling.group, {
    ...{ name: GROUP, refresh: undefined, denied: undefined, hasWarmPool: false },
    ...{ suspendedProcesses: [], targetGroupArns: [place.targetGroupArn] },
  });
  place.onScript = nothing;
  for (const id of ids) place.hosts.boot(id, first.digest);
  place.manager.parameters.set(PARAMETER, first.digest);
  place.setInstances(one, two);
});

afterEach(() => {
  place.onScript = nothing;
});

const deploy = ({ folder, path }: GroupRelease, ...more: readonly string[]) =>
  run({ folder }, 'deploy', '--release', path, '--watch', '0s', '--yes', ...more);
const parameter = () => place.manager.parameters.get(PARAMETER);
const current = (...hosts: readonly string[]) => hosts.map((id) => place.hosts.current(id));

test('the instances in service get a release, and return to the one before', async () => {
  place.setInstances(
    two,
    one,
    { id: three, state: 'Pending:Wait' },
    { id: four, state: 'Terminated' },
  );
  const plan = await runJson(
    { folder: second.folder },
    'plan',
    '--release',
    second.path,
    '--without-stack',
  );
  expect(plan).toMatchObject({ hosts: [{ host: `ssm://${one}` }, { host: `ssm://${two}` }] });
  const preview = await deploy(second, '--dry-run');
  expect(preview).toMatchObject({ exitCode: 0 });
  expect(preview.stdout).toContain('Dry run: nothing was changed.');
  expect(current(one, two)).toEqual([first.digest, first.digest]);

  place.setInstances(two, one, { id: four, state: 'Terminated' });
  const deployed = await deploy(second);
  expect(deployed).toMatchObject({ exitCode: 0 });
  expect(deployed.stdout).toBe(
    `Release ${second.digest.slice(0, 12)} runs on 2 hosts of production.\n`,
  );
  expect(deployed.stderr).toContain(
    `1 instance of ${GROUP} not in service, left out: ${four} (Terminated)`,
  );
  expect([current(one, two), parameter(), await place.targets()]).toEqual([
    [second.digest, second.digest],
    second.digest,
    [one, two],
  ]);

  const status = await runJson({ folder: second.folder }, 'hosts', 'status');
  expect(status.hosts).toMatchObject([{ current: second.digest }, { current: second.digest }]);
  const exec = await run(
    { folder: second.folder },
    'hosts',
    'exec',
    'production',
    '--',
    'echo',
    'hello',
  );
  expect([exec.exitCode, exec.stdout.match(/hello/g)?.length]).toEqual([0, 2]);
  const only = await run({ folder: second.folder }, 'hosts', 'status', '--host', three);
  expect([only.exitCode, only.stderr]).toEqual([
    2,
    expect.stringContaining(`it has ssm://${one}, ssm://${two}`),
  ]);

  const back = await run({ folder: second.folder }, 'rollback', '--yes');
  expect(back).toMatchObject({ exitCode: 0 });
  expect([current(one, two), parameter()]).toEqual([[first.digest, first.digest], first.digest]);
  const log = await run({ folder: second.folder }, 'audit', 'production');
  expect(log.stdout).toMatch(/rollback/);
});

test('an instance that ends before its activation is skipped, and one that does not answer is a failure', async () => {
  place.setInstances(one, two, three);
  place.onScript = (id, script) => {
    if (id !== two || !script.includes('prepare')) return;
    place.hosts.disconnect(two);
    place.setInstances(one, { id: two, state: 'Terminating:Wait' }, three);
  };
  const deployed = await deploy(second);
  expect(deployed).toMatchObject({ exitCode: 0 });
  expect(deployed.stderr).toContain(`skipped, because ${GROUP} ends them: ssm://${two}`);
  expect(deployed.stdout).toContain('runs on 2 hosts of production');
  expect(current(one, two, three)).toEqual([second.digest, first.digest, second.digest]);

  place.onScript = nothing;
  place.setInstances(one, two, three);
  const failed = await deploy(first);
  expect([failed.exitCode, failed.stderr]).toEqual([
    5,
    expect.stringContaining('No route to host'),
  ]);
  expect([current(one, three), parameter()]).toEqual([
    [second.digest, second.digest],
    second.digest,
  ]);
});

test('instances that started during a deployment get its release before it ends', async () => {
  let listings = 0;
  place.onScript = (id, script) => {
    if (id === two && script.includes('activate')) {
      place.setInstances(one, two, three, { id: four, state: 'Pending:Wait' });
    }
    if (id === three && script.includes('activate')) {
      listings += 1;
      place.setInstances(one, two, three, four);
    }
  };
  const deployed = await deploy(second, '--json');
  expect([deployed.exitCode, listings]).toEqual([0, 1]);
  expect(current(one, two, three, four)).toEqual(ids.slice(0, 4).map(() => second.digest));
  expect(deployed.stderr).toContain(`1 instance started during the rollout: ${three}`);
  const result = JSON.parse(deployed.stdout.trim().split('\n').at(-1) ?? '') as object;
  expect(result).toMatchObject({ outcome: 'activated', hosts: { length: 4 } });
  // The others serve: the new ones are drained like these.
  expect(deployed.stdout.match(/"step":"drain"/g)).toHaveLength(4);
  expect(await place.targets()).toEqual(ids.slice(0, 4));
});

test('instances are drained from each target group of their group, and ready in each', async () => {
  place.scaling.group.targetGroupArns = [place.targetGroupArn, place.grpcGroupArn];
  const during: (readonly string[])[] = [];
  expect(await deploy(second)).toMatchObject({ exitCode: 0 });
  expect(await place.targets(place.grpcGroupArn)).toEqual([one, two]);
  place.onScript = async (id, script) => {
    if (id !== two || !script.includes('rollback')) return;
    during.push(await place.targets(), await place.targets(place.grpcGroupArn));
  };
  expect(await run({ folder: second.folder }, 'rollback', '--yes')).toMatchObject({ exitCode: 0 });
  expect(during.slice(0, 2).map((targets) => targets.includes(two))).toEqual([false, false]);
  expect(await place.targets(place.grpcGroupArn)).toEqual([one, two]);
});

test('an instance that is still starting at the end of the time is named', async () => {
  place.onScript = (_, script) => {
    if (script.includes('activate')) place.setInstances(one, two, { id: three, state: 'Pending' });
  };
  const deployed = await deploy(second);
  expect([deployed.exitCode, deployed.stderr]).toEqual([
    5,
    expect.stringContaining(`ssm://${three}: still starting in ${GROUP} after 2 s`),
  ]);
  expect([current(one, two), parameter()]).toEqual([[second.digest, second.digest], second.digest]);
});

test('a deployment does not update new instances with a release that another one has replaced', async () => {
  place.onScript = (id, script) => {
    if (id === two && script.includes('activate')) {
      place.setInstances(one, two, { id: three, state: 'Pending' });
      setTimeout(() => {
        place.manager.parameters.set(PARAMETER, first.digest);
        place.setInstances(one, two, three);
      }, 3_000);
    }
  };
  const folder = hostProject({ environment: groupEnvironment(place, 60_000), version: 2 });
  const deployed = await run(
    { folder },
    ...['deploy', '--release', second.path, '--watch', '0s', '--yes'],
  );
  expect([deployed.exitCode, deployed.stderr]).toEqual([
    3,
    expect.stringContaining('Another deployment to production has set the release'),
  ]);
  expect(current(three)).toEqual([first.digest]);
});

test('a rollback brings new instances to the release of the others, also when every instance is new', async () => {
  await deploy(second);
  place.hosts.boot(three, second.digest);
  place.setInstances(one, two, three);
  const back = await run({ folder: second.folder }, 'rollback', '--yes');
  expect(back).toMatchObject({ exitCode: 0 });
  expect([current(one, two, three), parameter()]).toEqual([
    [first.digest, first.digest, first.digest],
    first.digest,
  ]);

  await deploy(second);
  for (const id of [three, four]) place.hosts.boot(id, second.digest);
  place.setInstances(three, four);
  const all = await run({ folder: second.folder }, 'rollback', '--yes');
  expect(all).toMatchObject({ exitCode: 0 });
  expect([current(three, four), parameter()]).toEqual([[first.digest, first.digest], first.digest]);
});

test.each([
  [{ refresh: 'InProgress' }, 3, 'ERR_DEPLOY_GROUP_REFRESHING'],
  [{ name: 'Other' }, 4, 'ERR_DEPLOY_GROUP_NOT_FOUND'],
  [{ instances: [] }, 4, 'ERR_DEPLOY_GROUP_EMPTY'],
  [{ instances: [{ id: one, state: 'Pending:Wait' }] }, 4, 'ERR_DEPLOY_GROUP_EMPTY'],
  [{ denied: 'DescribeAutoScalingGroups' }, 5, 'ERR_DEPLOY_GROUP'],
  [{ denied: 'DescribeInstanceRefreshes' }, 5, 'ERR_DEPLOY_GROUP'],
  [{ hasWarmPool: true }, 2, 'warm pool'],
  [{ targetGroupArns: ['arn:other'] }, 2, 'arn:other'],
] as const)('a group with %j is refused with exit code %i', async (change, exitCode, text) => {
  Object.assign(place.scaling.group, change);
  for (const command of [
    ['rollback', '--yes'],
    ['deploy', '--release', second.path, '--dry-run'],
  ]) {
    const result = await run({ folder: second.folder }, ...command);
    expect([result.exitCode, result.stderr]).toEqual([exitCode, expect.stringContaining(text)]);
  }
  expect(current(one, two)).toEqual([first.digest, first.digest]);
});

test('a command that changes no release works during an instance refresh, and without a parameter', async () => {
  place.scaling.group.refresh = 'InProgress';
  const folder = hostProject({
    environment: groupEnvironment(place, 2_000).replace(/,\s*stack: .*/, ''),
  });
  expect(await run({ folder }, 'hosts', 'status')).toMatchObject({ exitCode: 0 });
  place.scaling.group.refresh = undefined;
  const refused = await run({ folder }, 'deploy', '--release', second.path, '--yes');
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringContaining('stack.releaseParameter'),
  ]);
});

test('suspended processes are named, and AWS that cannot be reached', async () => {
  place.scaling.group.suspendedProcesses = ['Launch', 'Terminate'];
  const preview = await deploy(second, '--dry-run');
  expect(preview.stderr).toContain(`suspended processes of ${GROUP}: Launch, Terminate`);
  vi.stubEnv('AWS_ENDPOINT_URL_AUTO_SCALING', 'http://127.0.0.1:1');
  const away = await deploy(second);
  vi.stubEnv('AWS_ENDPOINT_URL_AUTO_SCALING', place.scaling.endpoint);
  expect([away.exitCode, away.stderr]).toEqual([5, expect.stringContaining('ERR_DEPLOY_GROUP')]);
});
