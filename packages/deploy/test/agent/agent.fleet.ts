import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { canBootFleet, startFleet, type Fleet, type FleetHost } from '@fairlead/fleet';
import { until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import type { BuiltRelease } from '../../src/index.ts';
import { askService, deploy, killAgents, runAgent, upload } from '../support/agent-on-host.ts';
import { buildService, serviceInput } from '../support/service-release.ts';

describe.skipIf(!canBootFleet())('the agent on a host, at length', () => {
  let fleet: Fleet;
  let host: FleetHost;
  let first: BuiltRelease;
  let second: BuiltRelease;

  beforeAll(async () => {
    fleet = await startFleet();
    host = fleet.host('h1');
    first = await buildService({ version: 1 });
    second = await buildService({ version: 2 });
    await deploy(host, second);
    await deploy(host, first);
  });

  afterAll(async () => {
    await fleet.close();
  });

  it.each([
    [
      'that can not start',
      { before: "throw new Error('no model here');" },
      /ended \d+ times/,
      'no model here',
    ],
    [
      'that answers a golden example wrongly',
      { outputs: '7' },
      /the answer is {"version":3,"outputs":\[7\]}, expected {"outputs":\[3\]}/,
      '',
    ],
    [
      'that never listens',
      {
        before: 'await new Promise(() => setInterval(() => {}, 1e6));',
        options: { readyTimeoutMs: 3_000 },
      },
      /\/v2\/health\/ready: /,
      '',
    ],
  ])('reverts a release %s, and says why with the log', async (_, change, message, log) => {
    const bad = await buildService({ version: 3, ...change });
    const report = await deploy(host, bad);
    expect(report).toMatchObject({
      code: 1,
      steps: ['switch', 'restart', 'gate', 'revert', 'switch', 'restart'],
      result: {
        outcome: 'reverted',
        digest: first.digest,
        code: 'ERR_DEPLOY_GATE_FAILED',
        message: expect.stringMatching(message) as string,
      },
    });
    expect((report.result?.log as string[]).join('\n')).toContain(log);
    expect(await askService(host)).toEqual({ version: 1, outputs: [1] });
    expect((await runAgent(host, first, ['status'])).result).toMatchObject({
      current: first.digest,
    });
  });

  it('waits until the former workers of Nginx have closed their connections', async () => {
    const show = ['systemctl', 'show', '--property=MainPID', '--value', 'nginx.service'];
    const master = (await host.run(show)).stdout.trim();
    // Otherwise Nginx works with the configuration of the release already.
    await host.run(['systemctl', 'reload', 'nginx']);
    await upload(host, second);
    const archive = `/var/tmp/${second.digest}.tar`;
    await runAgent(host, second, ['prepare', second.digest, '--archive', archive]);
    // It reloads later: the former workers answer the gate.
    await host.run(['kill', '-STOP', master]);
    const working = runAgent(host, second, ['activate', second.digest]);
    const first4s = await Promise.race([working, sleep(4_000)]);
    await host.run(['kill', '-CONT', master]);
    expect(first4s).toBeUndefined();
    expect((await working).result).toMatchObject({ outcome: 'activated' });
    expect((await deploy(host, first)).result).toMatchObject({ outcome: 'activated' });
  });

  it('reloads Nginx only if it works with another configuration than that on the disk', async () => {
    const workers = async (): Promise<string> =>
      (await host.run(['pgrep', '-f', '^nginx: worker process$'])).stdout;
    const activate = async (release: BuiltRelease): Promise<boolean> => {
      const before = await workers();
      expect((await deploy(host, release)).result).toMatchObject({ outcome: 'activated' });
      return (await workers()) !== before;
    };
    await activate(second);
    expect(await activate(first)).toBe(false);
    // As after a hand edit, which the release overwrites: the files are equal, and Nginx may have loaded others.
    const old = await workers();
    await host.run(['systemctl', 'reload', 'nginx']);
    await until(async () => !['', old].includes(await workers()));
    expect(await activate(second)).toBe(true);
    expect(await activate(first)).toBe(false);
    const larger = await buildService({
      version: 1,
      deployment: { maxBodyBytes: 5_000_000 },
    });
    expect(await activate(larger)).toBe(true);
    expect(await activate(first)).toBe(true);
  });

  it('reverts a release with a port that another program has, which Nginx refuses only when it is reloaded', async () => {
    const current = (await runAgent(host, first, ['status'])).result?.current;
    await host.run(['systemd-run', '--unit=taken', 'python3', '-m', 'http.server', '8099']);
    const deployment = { nginx: { listen: { scheme: 'http', address: '0.0.0.0:8099' } } } as const;
    const report = await deploy(host, await buildService({ version: 5, deployment }));
    await host.run(['systemctl', 'stop', 'taken']);
    expect(report.result).toMatchObject({
      outcome: 'reverted',
      message: expect.stringMatching(
        /Nginx can't be reloaded \(1\): after 20 s it still has the configuration before.*8099/s,
      ) as string,
      digest: current,
    });
  });

  it('refuses a release whose files Nginx or systemd refuses, and touches nothing', async () => {
    const deployment = {
      nginx: {
        listen: {
          scheme: 'https',
          names: ['a.example'],
          certificateFile: '/etc/missing.pem',
          certificateKeyFile: '/etc/missing.key',
        },
      },
    } as const;
    const bad = await buildService({ version: 4, deployment });
    expect(await deploy(host, bad)).toMatchObject({
      code: 1,
      steps: ['verify', 'unpack', 'accounts', 'check'],
      error: {
        code: 'ERR_DEPLOY_HOST',
        message: expect.stringContaining('/etc/missing.pem') as string,
      },
    });
    expect(await askService(host)).toEqual({ version: 1, outputs: [1] });
  });

  it('refuses an archive of another release, and one without a signature where keys are trusted', async () => {
    await upload(host, second);
    const archive = `/var/tmp/${second.digest}.tar`;
    expect(
      await runAgent(host, first, ['prepare', first.digest, '--archive', archive]),
    ).toMatchObject({
      code: 1,
      error: { code: 'ERR_DEPLOY_RELEASE_DAMAGED' },
    });
    const { publicKey } = generateKeyPairSync('ed25519');
    await host.writeFile('/etc/keys.pem', publicKey.export({ type: 'spki', format: 'pem' }));
    const args = [
      'prepare',
      second.digest,
      '--archive',
      archive,
      '--trusted-keys',
      '/etc/keys.pem',
    ];
    expect(await runAgent(host, second, args)).toMatchObject({
      code: 1,
      error: { code: 'ERR_DEPLOY_RELEASE_UNTRUSTED' },
    });
  });

  it('stores a file of the host that it replaces, and removes links that a release no longer has', async () => {
    const timesync = '/etc/systemd/timesyncd.conf.d/fairlead.conf';
    await host.run(['rm', timesync]);
    await host.writeFile(timesync, '# edited by hand\n');
    expect((await deploy(host, second)).result).toMatchObject({ outcome: 'activated' });
    expect(await host.readFile(`/var/lib/fairlead-deploy/replaced${timesync}`)).toBe(
      '# edited by hand\n',
    );
    expect((await host.run(['readlink', timesync])).stdout).toBe(
      `/opt/fairlead/current/files${timesync}\n`,
    );
    const without = await buildService({
      version: 5,
      deployment: {
        host: { cores: 2, memoryBytes: 4e9, automaticUpdates: false, timeServers: [] },
      },
    });
    expect((await deploy(host, without)).result).toMatchObject({ outcome: 'activated' });
    expect((await host.run(['test', '-e', timesync], { mayFail: true })).exitCode).toBe(1);
  });

  it('opens another socket when its unit changed', async () => {
    const moved = await buildService({
      version: 6,
      deployment: { gateway: { ...serviceInput.gateway, listen: 'unix:/run/fairlead/other.sock' } },
    });
    expect((await deploy(host, moved)).result).toMatchObject({ outcome: 'activated' });
    expect(await askService(host)).toEqual({ version: 6, outputs: [6] });
    await host.run(['test', '-S', '/run/fairlead/other.sock']);
  });

  it('keeps the last three releases and the parts that they need', async () => {
    const { stdout } = await host.run([
      'sh',
      '-c',
      'ls /opt/fairlead/releases | wc -l; ls /opt/fairlead/parts',
    ]);
    const [releases, ...parts] = stdout.trim().split('\n');
    expect(releases).toBe('3');
    expect(parts).toContain(partOfRole(first, 'node'));
    expect(parts).not.toContain(partOfRole(first, 'application'));
  });

  it('changes nothing while another agent works', async () => {
    const holding = host.run(['flock', '/var/lib/fairlead-deploy/lock', 'sleep', '5']);
    await until(
      async () => (await host.run(['pgrep', '-x', 'sleep'], { mayFail: true })).exitCode === 0,
    );
    expect((await runAgent(host, second, ['rollback'])).code).toBe(75);
    await holding;
  });

  it('serves after a reboot', async () => {
    await host.reboot();
    await until(async () => (await askService(host)) !== '');
    expect(await askService(host)).toEqual({ version: 6, outputs: [6] });
  });

  it('finishes after kill -9 at 30 random moments, and the host serves', async () => {
    await deploy(host, first);
    await deploy(host, second);
    await killAgents(host, [first, second], 30);
  });

  it('finishes after power-offs in the middle, and the host serves', async () => {
    for (const release of [first, second, first, second]) {
      const working = deploy(host, release).catch(() => undefined);
      await sleep(300 + Math.random() * 2_000);
      await host.powerOff();
      await working;
      await host.boot({ acceptFailedUnits: true });
      await until(async () => typeof (await askService(host)) === 'object');
      const { result } = await deploy(host, release);
      expect(['activated', 'unchanged']).toContain(result?.outcome);
      const status = (await runAgent(host, release, ['status'])).result;
      expect(status).toMatchObject({ current: release.digest });
      expect(status).not.toHaveProperty('pending');
    }
  });

  it('names the package that a host without Nginx needs', async () => {
    const other = await startFleet({ image: 'bare' });
    onTestFinished(() => other.close());
    expect(await deploy(other.host('h1'), first)).toMatchObject({
      code: 1,
      error: {
        code: 'ERR_DEPLOY_HOST',
        message:
          'Nginx is not installed. Run `fairlead hosts prepare`, or apt-get install nginx on the host.',
      },
    });
  });
});

function partOfRole({ manifest }: BuiltRelease, role: string): string {
  return manifest.parts.find((part) => part.role === role)?.sha256 ?? '';
}
