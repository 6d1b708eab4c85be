import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { run, runJson, type Place } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';
import { simulateHosts, type SimulatedHosts } from '../support/simulated-hosts.ts';
import { smallNode } from '../support/small-node.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Environments of a project: `staging` behind an address, and `production` that takes its releases. */
function environments(url: string): string {
  return `
const base = { release: { entry: 'service.ts' }, releaseStore: 'store' };
export const environments = defineEnvironments(base, {
  staging: {
    hosts: ['ssh://root@s1'],
    url: '${url}',
    release: { checks: [{ path: '/v2/models/m/infer', body: { inputs: [] }, expected: { outputs: [1] } }] },
  },
  production: { hosts: ['ssh://root@p1', 'ssh://root@p2'], promoteFrom: 'staging', protected: true },
});
`;
}

/** The arguments that keep a deployment short. */
const QUICK = ['--watch', '0s', '--json'];

describe('a release from staging to production', () => {
  let project: string;
  let release: string;
  let digest: string;
  let answer = '{"outputs":[1]}';
  const server = createServer((request, response) => {
    void text(request).then(() => response.end(answer));
  });

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    project = hostProject({ environment: "hosts: ['ssh://root@s1']" });
    vi.stubEnv('XDG_CACHE_HOME', smallNode(join(project, 'cache')));
    const path = join(project, 'fairlead.config.ts');
    const [deployment = ''] = readFileSync(path, 'utf8').split('export const environments');
    writeFileSync(path, deployment + environments(`http://127.0.0.1:${port}`));
    const built = await runJson(
      { folder: project },
      'release',
      'build',
      'staging',
      '--out',
      'dist',
    );
    release = String(built.path);
    digest = String(built.digest);
  });

  afterAll(() => {
    server.close();
    vi.unstubAllEnvs();
  });

  let hosts: SimulatedHosts;
  let place: Place & { readonly store: string };
  let configFile = '';
  /** Runs the command with the store of this test. */
  const fairlead = (...args: readonly string[]) => run(place, ...args);
  const audit = async (environment: string): Promise<readonly (readonly unknown[])[]> => {
    const { entries } = (await runJson(place, ...at('audit', environment))) as {
      readonly entries: readonly Readonly<Record<string, string>>[];
    };
    return entries.map(({ actor, command, phase, release: of, outcome }) => [
      ...[actor, command, phase, of, outcome],
    ]);
  };

  beforeEach(() => {
    answer = '{"outputs":[1]}';
    hosts = simulateHosts(temporaryFolder());
    vi.stubEnv('PATH', hosts.path);
    const store = temporaryFolder();
    const config = readFileSync(join(project, 'fairlead.config.ts'), 'utf8').replace(
      /releaseStore: '.*?'/,
      `releaseStore: '${store}'`,
    );
    // Modules are cached by their paths.
    const name = `config-${String(Math.random()).slice(2)}.ts`;
    writeFileSync(join(project, name), config);
    place = { folder: project, store, env: { FAIRLEAD_ACTOR: 'ada' } };
    configFile = name;
  });
  const at = (...args: readonly string[]): readonly string[] => [...args, '--config', configFile];
  const deploy = (environment: string, ...args: readonly string[]) =>
    fairlead(...at('deploy', environment), ...QUICK, ...args);

  test('production refuses what staging has not run, and takes the same bytes once it passed', async () => {
    const before = await deploy('production', '--release', release, '--yes', 'production');
    expect([before.exitCode, before.stderr]).toEqual([
      1,
      expect.stringContaining('has not passed staging') as string,
    ]);
    const nothing = await deploy('production', '--yes', 'production');
    expect([nothing.exitCode, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('takes releases from staging, and none has passed there') as string,
    ]);
    expect(hosts.commands('p1')).toBe('');

    const staged = await deploy('staging', '--release', release, '--yes');
    expect([staged.exitCode, hosts.current('s1')]).toEqual([0, digest]);
    // It runs in staging, but its answers weren't checked through the load balancer yet.
    const unchecked = await deploy('production', '--release', release, '--yes', 'production');
    expect([unchecked.exitCode, unchecked.stderr]).toEqual([
      1,
      expect.stringContaining('then fairlead check staging') as string,
    ]);
    answer = '{"outputs":[7]}';
    const wrong = await fairlead(...at('check', 'staging'));
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      1,
      expect.stringContaining(
        '/v2/models/m/infer: 3 of 3: the answer is {"outputs":[7]}, expected {"outputs":[1]}',
      ) as string,
    ]);
    const failed = await deploy('production', '--release', release, '--yes', 'production');
    expect([failed.exitCode, failed.stderr]).toEqual([
      1,
      expect.stringContaining('has failed in staging') as string,
    ]);
    answer = '{"outputs":[1]}';
    const checked = await runJson(place, ...at('check', 'staging', '--requests', '5'));
    expect(checked).toMatchObject({
      ...{ release: digest, passed: true },
      checks: [{ path: '/v2/models/m/infer', requests: 5, failed: 0 }],
    });
    expect(await runJson(place, ...at('release', 'list', 'staging'))).toMatchObject({
      ...{ passed: digest, releases: [digest] },
    });
    const stored = readFileSync(join(place.store, 'archives', `${digest}.tar`));
    expect(stored.equals(readFileSync(release))).toBe(true);

    // Without --release, production gets the one that passed last.
    const promoted = await deploy('production', '--yes', 'production', '--reason', 'ticket 7');
    expect([promoted.exitCode, hosts.current('p1'), hosts.current('p2')]).toEqual([
      ...[0, digest, digest],
    ]);
    expect(promoted.stderr).toContain(`Release ${digest.slice(0, 12)} passed last in staging.`);
    expect(await audit('staging')).toEqual([
      ['ada', 'deploy', 'started', digest, undefined],
      ['ada', 'deploy', 'finished', digest, 'activated'],
      ['ada', 'check', 'started', digest, undefined],
      ['ada', 'check', 'finished', digest, 'failed'],
      ['ada', 'check', 'started', digest, undefined],
      ['ada', 'check', 'finished', digest, 'passed'],
    ]);
    const { stdout } = await fairlead(...at('audit', 'production'));
    expect(stdout).toMatch(
      new RegExp(`Z +ada +deploy +${digest.slice(0, 12)} +activated +ticket 7$`, 'm'),
    );
  });

  test('a release that fails on a host is recorded as failed, with the outcome in the audit log', async () => {
    await deploy('staging', '--release', release, '--yes');
    await runJson(place, ...at('check', 'staging'));
    hosts.breakGate('p2');
    const failed = await deploy('production', '--release', digest, '--yes', 'production');
    expect([failed.exitCode, failed.stderr]).toEqual([
      ...[5, expect.stringContaining('a golden example is answered wrongly') as string],
    ]);
    expect((await audit('production')).at(-1)).toEqual([
      ...['ada', 'deploy', 'finished', digest, 'failed'],
    ]);
    expect((await runJson(place, ...at('release', 'list', 'production'))).passed).toBeUndefined();
  });

  test('a release that passed stays one that has passed when a host of a redeployment cannot be reached', async () => {
    const base = ['staging', '--release', release, '--yes'] as const;
    await deploy(...base);
    await runJson(place, ...at('check', 'staging'));
    const passed = async () => (await runJson(place, ...at('release', 'list', 'staging'))).passed;
    const ssh = join(hosts.path.split(':')[0] ?? '', 'ssh');
    const program = readFileSync(ssh, 'utf8');
    // The host leaves the network after the lock.
    writeFileSync(
      ssh,
      program.replace("'for part;'*) ;;", `'for part;'*) echo gone >&2; exit 255 ;;`),
    );
    const failed = await deploy(...base);
    expect([failed.exitCode, failed.stderr]).toEqual([
      5,
      expect.stringContaining('1 of 1 host failed') as string,
    ]);
    expect((await audit('staging')).at(-1)?.at(-1)).toBe('failed');
    expect(await passed()).toBe(digest);
    writeFileSync(ssh, program);
    hosts.boot('s1', 'a'.repeat(64));
    hosts.breakGate('s1');
    expect((await deploy(...base)).exitCode).toBe(1);
    expect(await passed()).toBeUndefined();
  });

  test('the check of an environment whose hosts run different releases fails, and records nothing', async () => {
    const none = await fairlead(...at('check', 'staging'));
    expect([none.exitCode, none.stderr]).toEqual([
      1,
      expect.stringContaining(
        "the hosts of staging don't run one release (root@s1 none)",
      ) as string,
    ]);
    const without = await fairlead(...at('check', 'production'));
    expect([without.exitCode, without.stderr]).toEqual([
      2,
      expect.stringContaining('the environment "production" has no url') as string,
    ]);
    expect(await audit('staging')).toEqual([]);
  });

  test('the promotion is skipped only with a reason, which the audit log has', async () => {
    const skip = ['--release', release, '--yes', 'production', '--dangerously-skip-promotion'];
    const without = await deploy('production', ...skip);
    expect([without.exitCode, without.stderr]).toEqual([
      2,
      expect.stringContaining('needs a reason for the audit log') as string,
    ]);
    const skipped = await deploy('production', ...skip, '--reason', 'outage 12');
    expect([skipped.exitCode, hosts.current('p1')]).toEqual([0, digest]);
    const { entries } = await runJson(place, ...at('audit', 'production'));
    expect(entries).toMatchObject([{ reason: 'outage 12' }, { reason: 'outage 12' }]);
  });

  test.each([
    [['deploy', 'production', '--yes'], 'production is protected: repeat with'],
    [['deploy', 'production'], 'production is protected: repeat with production --yes production'],
    [['deploy', '--yes', 'production'], 'production is protected: repeat with'],
    [['deploy', 'production', '--yes', 'staging'], '--yes names "staging", and the environment is'],
    [['rollback', 'production', '--yes'], 'production is protected: repeat with'],
    [['hosts', 'sync', 'production'], 'production is protected: repeat with'],
    [['hosts', 'prepare', 'production', '--yes'], 'production is protected: repeat with'],
    [['hosts', 'exec', 'production', '--', 'id'], 'run id as root on root@p1, root@p2, and'],
  ])('%j changes nothing of a protected environment', async (words, message) => {
    const skip = ['--release', release, '--dangerously-skip-promotion', '--reason', 'x'];
    const [first = '', ...rest] = words;
    const { exitCode, stderr } = await fairlead(
      first,
      ...(first === 'hosts' ? [rest[0] ?? '', '--config', configFile, ...rest.slice(1)] : []),
      ...(first === 'deploy' ? [...at(), ...skip, ...rest] : []),
      ...(first === 'rollback' ? [...at(), ...rest] : []),
    );
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message) as string]);
    expect([hosts.commands('p1'), hosts.commands('p2')]).toEqual(['', '']);
    expect(await audit('production')).toEqual([]);
  });

  test('a rollback and commands on hosts are in the audit log, without the arguments of a program', async () => {
    await deploy('staging', '--release', release, '--yes');
    const older = 'a'.repeat(64);
    writeFileSync(
      join(hosts.path.split('/bin:')[0] ?? '', 's1', 'history'),
      `${digest}\n${older}\n`,
    );
    const back = await fairlead(...at('rollback', 'staging', '--yes', '--json'));
    expect([back.exitCode, hosts.current('s1')]).toEqual([0, older]);
    const secret = ['--', 'echo', 'hunter2'];
    const exec = await fairlead('hosts', 'exec', 'staging', '--config', configFile, ...secret);
    expect([exec.exitCode, exec.stdout]).toEqual([0, 'hunter2\n']);
    const entries = await audit('staging');
    expect(entries.slice(2)).toEqual([
      ['ada', 'rollback', 'started', undefined, undefined],
      ['ada', 'rollback', 'finished', older, 'activated'],
      ['ada', 'hosts exec', 'started', undefined, undefined],
      ['ada', 'hosts exec', 'finished', undefined, 'done'],
    ]);
    expect(JSON.stringify(await runJson(place, ...at('audit', 'staging')))).not.toContain(
      'hunter2',
    );
  });

  test('a host that cannot be reached is an error with its code in the audit log', async () => {
    hosts.disconnect('s1');
    const failed = await deploy('staging', '--release', release, '--yes');
    expect([failed.exitCode, failed.stderr]).toEqual([
      5,
      expect.stringContaining('No route to host') as string,
    ]);
    expect((await audit('staging')).at(-1)?.at(-1)).toBe('ERR_DEPLOY_HOST');
  });
});
