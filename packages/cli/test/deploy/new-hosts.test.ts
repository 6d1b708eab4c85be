import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { run } from '../support/fairlead.ts';
import {
  GROUP,
  ids,
  PARAMETER,
  startGroupOfHosts,
  type GroupOfHosts,
} from '../support/group-of-hosts.ts';
import { buildGroupRelease, type GroupRelease } from '../support/group-releases.ts';

vi.mock('@fairlead/deploy/ssm', async (load) => {
  const { withShortPauses } = await import('../support/group-releases.ts');
  return withShortPauses(load);
});

const [one, two, three] = ids as [string, string, string];

let place: GroupOfHosts;
let folder: string;
let first: GroupRelease;
let second: GroupRelease;

beforeAll(async () => {
  place = await startGroupOfHosts();
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  first = await buildGroupRelease(place, 1, 20_000);
  second = await buildGroupRelease(place, 2, 20_000);
  folder = second.folder;
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await place.close();
});

beforeEach(() => {
  place.scaling.group.denied = undefined;
  for (const id of ids) place.hosts.boot(id, first.digest);
  place.manager.parameters.set(PARAMETER, first.digest);
});

const deploy = () => run({ folder }, 'deploy', '--release', second.path, '--watch', '0s', '--yes');
const current = (...hosts: readonly string[]) => hosts.map((id) => place.hosts.current(id));

test('an instance that was on standby at its turn gets the release once it is back in service', async () => {
  place.setInstances(one, two, three);
  place.onScript = (id, script) => {
    if (id === two && script.includes('prepare') && place.scaling.group.instances.length === 3) {
      place.hosts.disconnect(two);
      place.setInstances(one, { id: two, state: 'Standby' }, three);
    }
    if (id === three && script.includes('activate')) {
      place.hosts.boot(two, first.digest);
      place.onScript = () => undefined;
      place.setInstances(one, two, three);
    }
  };
  const deployed = await deploy();
  expect([deployed.exitCode, deployed.stderr]).toEqual([
    0,
    expect.stringContaining(`skipped, because ${GROUP} ends them: ssm://${two}`),
  ]);
  expect(current(one, two, three)).toEqual(Array(3).fill(second.digest));
});

test('an instance that started is not changed when another deployment has begun before it was locked', async () => {
  place.setInstances(one, two);
  const other = 'e'.repeat(64);
  place.onScript = (id, script) => {
    if (id === two && script.includes('activate')) place.setInstances(one, two, three);
    if (id === three && script.includes('prepare')) place.manager.parameters.set(PARAMETER, other);
  };
  const deployed = await deploy();
  expect([deployed.exitCode, deployed.stderr]).toEqual([
    3,
    expect.stringContaining(`has set the release ${other.slice(0, 12)} for new hosts`),
  ]);
  expect(current(one, two, three)).toEqual([second.digest, second.digest, first.digest]);
});

test('a restore that fails names the release that new hosts start with', async () => {
  place.setInstances(one);
  const config = join(folder, 'fairlead.config.ts');
  const text = readFileSync(config, 'utf8');
  const backup = "layout: 'host', backup: { to: '/var/backups/shop' },";
  writeFileSync(join(folder, 'backup.config.ts'), text.replace("layout: 'host',", backup));
  const options = ['--config', 'backup.config.ts', '--release', second.path, '--yes'];
  const restored = await run({ folder }, 'restore', ...options);
  expect(restored.exitCode).not.toBe(0);
  expect(restored.stdout).toContain('whose deployment has no backup');
  expect(restored.stderr).toContain('new hosts start with another release than');
});

test('a listing that fails at the end of a deployment is repeated', async () => {
  place.setInstances(one, two);
  let denials = 0;
  place.onScript = (id, script) => {
    if (id !== two || !script.includes('activate')) return;
    place.scaling.group.denied = 'DescribeAutoScalingGroups';
    denials += 1;
    setTimeout(() => {
      place.scaling.group.denied = undefined;
      place.setInstances(one, two, three);
    }, 3_000);
  };
  const deployed = await deploy();
  expect([deployed.exitCode, deployed.stderr, denials]).toEqual([
    0,
    expect.stringContaining(`1 instance started during the rollout: ${three}`),
    1,
  ]);
  expect(current(one, two, three)).toEqual(Array(3).fill(second.digest));
});

test('the input and output of commands are below the name of their environment, which limits its role', async () => {
  place.setInstances(one);
  const scripts: string[] = [];
  place.onScript = (_, script) => {
    scripts.push(script);
  };
  const { stdout } = await run({ folder }, 'hosts', 'exec', '--', 'echo', 'hello');
  place.onScript = () => undefined;
  expect(stdout).toBe('hello\n');
  expect(scripts).not.toEqual([]);
  for (const script of scripts) {
    expect(script).toContain(`/${place.bucket}/deploy/production/`);
  }
});
