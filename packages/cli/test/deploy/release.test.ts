import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { run, runJson } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';
import { smallNode } from '../support/small-node.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', smallNode(temporaryFolder()));
});

const config = (environments: string): string => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'fairlead.config.mjs'),
    `export const environments = ${environments};\n`,
  );
  return folder;
};

test('builds a release, verifies it, and lists parts, packages, files and the signature', async () => {
  const folder = hostProject({ environment: "hosts: ['local']" });
  const place = { folder };
  await runJson(place, 'key', 'signing', 'release');
  const text = readFileSync(join(folder, 'fairlead.config.ts'), 'utf8');
  const signed = text.replace(
    'release: {',
    "release: {\n      signingKeyFile: 'release.private.pem',",
  );
  writeFileSync(join(folder, 'fairlead.config.ts'), signed);
  const built = await runJson(place, 'release', 'build', '--out', 'dist');
  expect(built).toMatchObject({
    environment: 'production',
    name: 'fairlead',
    platform: 'linux-x64',
  });
  const path = String(built.path);

  const keys = ['--trusted-keys', 'release.public.pem'];
  const inspected = await runJson(place, 'release', 'inspect', path, ...keys);
  expect(inspected).toMatchObject({
    digest: built.digest,
    signature: 'trusted',
    sbom: { licenses: { MIT: expect.any(Number) as number } },
    manifest: { hostFiles: expect.arrayContaining([]) as unknown },
  });
  const { stdout } = await run(place, 'release', 'inspect', path, '--files');
  expect(stdout).toMatch(/^signature +signed \(check it with --trusted-keys\)$/m);
  expect(stdout).toMatch(/^application +[0-9a-f]{12} +\d+ +\d+ B/m);
  expect(stdout).toMatch(/^644 .*files\/etc\/nginx\/nginx\.conf$/m);

  await runJson(place, 'key', 'signing', 'other');
  const untrusted = await run(
    place,
    'release',
    'inspect',
    path,
    '--trusted-keys',
    'other.public.pem',
  );
  expect([untrusted.exitCode, untrusted.stderr]).toEqual([
    6,
    expect.stringContaining('has a signature of none of the 1 trusted keys') as string,
  ]);
  const strict = signed.replace(
    'release: {',
    "trustedKeysFile: 'other.public.pem',\n    release: {",
  );
  writeFileSync(join(folder, 'signed.config.ts'), strict);
  const chosen = ['--config', 'signed.config.ts'];
  for (const [command, ...options] of [
    [['deploy'], '--dry-run'],
    [['deploy'], '--yes'],
    [['hosts', 'plan']],
  ] as const) {
    const refused = await run(place, ...command, ...chosen, '--release', path, ...options);
    expect([refused.exitCode, refused.stderr]).toEqual([untrusted.exitCode, untrusted.stderr]);
  }
  const bytes = readFileSync(path);
  const at = bytes.length - 20_000;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(join(folder, 'damaged.tar'), bytes);
  expect(await run(place, 'release', 'inspect', 'damaged.tar')).toMatchObject({ exitCode: 6 });
});

test('a balancer whose networks are not trusted is noted when a release is built', async () => {
  const target = "{ url: 'ssh://admin@10.0.0.1', target: 'a' }";
  const balancer = "{ kind: 'haproxy', socket: '/run/haproxy/admin.sock', backend: 'hosts' }";
  const folder = hostProject({ environment: `hosts: [${target}], balancer: ${balancer}` });
  const build = async (file: string) => {
    const options = ['--config', file, '--out', 'dist'];
    const { exitCode, stderr } = await run({ folder }, 'release', 'build', ...options);
    expect(exitCode).toBe(0);
    return stderr;
  };
  expect(await build('fairlead.config.ts')).toContain(
    'production has a balancer, but nginx.trustedProxies is empty: all clients share the limits per address; add the networks of the balancer, such as ["10.0.0.0/16"]',
  );
  const text = readFileSync(join(folder, 'fairlead.config.ts'), 'utf8');
  const trusted = text.replace('nginx: {', "nginx: {\n    trustedProxies: ['10.0.0.0/16'],");
  writeFileSync(join(folder, 'trusted.config.ts'), trusted);
  expect(await build('trusted.config.ts')).not.toContain('trustedProxies');
});

describe('the configuration', () => {
  test.each([
    ['a missing file', undefined, [], 'no such file'],
    ['no environments', 'undefined', [], 'it has no export "environments"'],
    [
      'several environments without a name',
      "{ a: { hosts: ['local'], release: { entry: 'a.ts' } }, b: { hosts: ['local'], release: { entry: 'a.ts' } } }",
      [],
      'there are several environments: name one of a, b',
    ],
    [
      'an unknown name',
      "{ production: { hosts: ['local'], release: { entry: 'a.ts' } } }",
      ['producton'],
      'there is no environment "producton"; did you mean "production"?',
    ],
    [
      'all problems in one error',
      "{ production: { hosts: ['10.0.0.1'], release: { entry: 7 }, batch: 0 } }",
      [],
      'production.release.entry is 7. Give the path of the module',
    ],
    [
      'no deployment',
      "{ production: { hosts: ['local'], release: { entry: 'a.ts' } } }",
      [],
      'the environment "production" has no deployment',
    ],
  ])('%s is an error of usage with the fix', async (_what, environments, args, message) => {
    const folder = environments === undefined ? temporaryFolder() : config(environments);
    const options = ['--config', 'fairlead.config.mjs'];
    const { exitCode, stderr } = await run({ folder }, 'release', 'build', ...args, ...options);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message) as string]);
  });
});
