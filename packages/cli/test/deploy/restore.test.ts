import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { run, runJson } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';
import { simulateHosts, type SimulatedHosts } from '../support/simulated-hosts.ts';
import { smallNode } from '../support/small-node.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
let path: string;
let digest: string;
let hosts: SimulatedHosts;

beforeAll(async () => {
  folder = hostProject({ environment: "hosts: ['ssh://root@h1', 'ssh://root@h2']" });
  vi.stubEnv('XDG_CACHE_HOME', smallNode(join(folder, 'cache')));
  const config = join(folder, 'fairlead.config.ts');
  const text = readFileSync(config, 'utf8').replace(
    "layout: 'host',",
    "layout: 'host', backup: { to: '/var/backups/shop' },",
  );
  writeFileSync(config, text);
  const built = await runJson({ folder }, 'release', 'build', '--out', 'dist');
  [path, digest] = [String(built.path), String(built.digest)];
});

beforeEach(() => {
  hosts = simulateHosts(temporaryFolder());
  vi.stubEnv('PATH', hosts.path);
});

afterAll(() => {
  vi.unstubAllEnvs();
});

const restore = (...options: readonly string[]) =>
  run({ folder }, 'restore', '--release', path, '--yes', ...options);

test('restore needs a deployment with a backup', async () => {
  const place = { folder: hostProject({ environment: "hosts: ['ssh://h1']" }) };
  const { exitCode, stderr } = await run(place, 'restore', '--yes');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('the deployment has no backup');
});

test('a host without a release is restored, and the audit log names the release', async () => {
  const { exitCode, stdout } = await restore('--host', 'h1');
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('restored 1 file')]);
  expect([hosts.current('h1'), hosts.current('h2')]).toEqual([digest, undefined]);
  // Again, as after an interruption.
  expect(await restore('--host', 'h1')).toMatchObject({ exitCode: 0 });
  const { entries } = (await runJson({ folder }, 'audit', 'production')) as {
    readonly entries: readonly Readonly<Record<string, string>>[];
  };
  expect(entries.map(({ command, release, outcome }) => [command, release, outcome])).toEqual([
    ['restore', digest, undefined],
    ['restore', digest, 'activated'],
    ['restore', digest, undefined],
    ['restore', digest, 'activated'],
  ]);
});

test('a host that runs another release is refused, because it may serve', async () => {
  hosts.boot('h1', 'a'.repeat(64));
  const { exitCode, stdout } = await restore('--host', 'h1');
  expect([exitCode, stdout]).toEqual([
    5,
    expect.stringContaining('it runs release aaaaaaaaaaaa: a restore is for hosts without'),
  ]);
  expect(hosts.current('h1')).toBe('a'.repeat(64));
  expect(hosts.commands('h1')).not.toContain('--restore');
});

test('a host that is being deployed to is refused', async () => {
  const other = run({ folder }, 'deploy', '--release', path, '--watch', '3s', '--yes');
  await vi.waitFor(
    () => {
      expect(hosts.current('h2')).toBe(digest);
    },
    { timeout: 20_000 },
  );
  const { exitCode, stdout } = await restore('--host', 'h1');
  expect(exitCode).not.toBe(0);
  expect(stdout).toMatch(/deploys|deployment|locked/i);
  expect(await other).toMatchObject({ exitCode: 0 });
});
