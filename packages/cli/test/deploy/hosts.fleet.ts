import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canBootFleet, startFleet, type Fleet } from '@fairlead/fleet';
import { until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bin, commandEnv } from '../support/bin.ts';
import { run, runJson } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';
import { affine, affineNext } from '../support/models.ts';

const UNREACHABLE = "'ssh://root@127.0.0.1:1'";

describe.skipIf(!canBootFleet())('fairlead hosts', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await startFleet({ hosts: 2, image: 'bare' });
  });

  afterAll(() => fleet.close());

  const project = (hosts: string, more = ''): string =>
    hostProject({
      environment: `hosts: [${hosts}], ssh: { configFile: '${fleet.sshConfig}' }${more}`,
    });

  test('prepare says what it will install, installs it on bare hosts, and does nothing the second time', async () => {
    const place = { folder: project("'ssh://h1', 'ssh://h2'") };
    const packages = ['nginx', 'unattended-upgrades'];
    const dry = await run(place, 'hosts', 'prepare', '--dry-run');
    expect(dry).toMatchObject({ exitCode: 0 });
    expect(dry.stdout).toContain('h1:\n  would install nginx, unattended-upgrades\n');
    expect((await fleet.host('h1').run(['which', 'nginx'], { mayFail: true })).exitCode).toBe(1);
    const prepared = await runJson(place, 'hosts', 'prepare');
    expect(prepared.hosts).toEqual(
      ['ssh://h1', 'ssh://h2'].map((host) => ({
        ...{ host, required: packages, missing: packages, nginx: '1.22.1', files: [] },
      })),
    );
    for (const host of fleet.hosts) await host.run(['nginx', '-t']);
    const again = await run(place, 'hosts', 'prepare');
    expect(again.stdout).toContain('h2:\n  packages: unchanged (nginx, unattended-upgrades)');
  });

  test('sync copies files with their modes and a registry, only what differs', async () => {
    const folder = project(
      "'ssh://h1'",
      ", files: { '/etc/fairlead/keys.json': 'keys.json' }, registry: { folder: 'registry' }",
    );
    const place = { folder, env: { FAIRLEAD_REGISTRY: 'registry', FAIRLEAD_ACTOR: 'ada' } };
    const host = fleet.host('h1');
    writeFileSync(join(folder, 'keys.json'), '{"sentinel":1}');
    await runJson(place, 'registry', 'init');
    await runJson(place, 'model', 'push', 'digits', affine, '--skip-validation');
    await runJson(place, 'model', 'promote', 'digits', '1');
    const first = await run(place, 'hosts', 'sync');
    expect(first.stdout).toMatch(
      /^copied \/etc\/fairlead\/keys.json\ncopied 3 files of the registry \(1\.\d KiB\) to \/var\/lib\/fairlead\/registry\n$/,
    );
    const modes = ['stat', '-c', '%a %U', '/etc/fairlead', '/etc/fairlead/keys.json'];
    expect((await host.run(modes)).stdout).toBe('755 root\n600 root\n');
    // As tmpfiles.d of a release sets them.
    await host.run(['chmod', '640', '/etc/fairlead/keys.json']);
    writeFileSync(join(folder, 'keys.json'), '{"sentinel":2}');
    await runJson(place, 'model', 'push', 'digits', affineNext, '--skip-validation');
    await runJson(place, 'model', 'promote', 'digits', '2');
    const dry = await runJson(place, 'hosts', 'sync', '--dry-run');
    const changes = {
      files: [{ path: '/etc/fairlead/keys.json', state: 'changed' }],
      registry: { path: '/var/lib/fairlead/registry', files: 3 },
    };
    expect(dry).toMatchObject({ dryRun: true, hosts: [changes] });
    expect(await runJson(place, 'hosts', 'sync')).toMatchObject({ hosts: [changes] });
    expect((await run(place, 'hosts', 'sync')).stdout).toBe('files and registry: unchanged\n');
    expect(await host.readFile('/etc/fairlead/keys.json')).toBe('{"sentinel":2}');
    expect((await host.run(modes)).stdout).toBe('755 root\n640 root\n');
    const { stdout } = await host.run(['find', '/var/lib/fairlead/registry/models', '-type', 'f']);
    expect(stdout.trim().split('\n').sort()).toEqual(
      [
        'aliases/champion/00000001',
        'aliases/champion/00000002',
        'versions/00000001',
        'versions/00000002',
      ].map((key) => `/var/lib/fairlead/registry/models/digits/${key}.json`),
    );
    // Another registry, whose version 1 is another one.
    const other = {
      folder: project("'ssh://h1'", ", registry: { folder: 'registry' }"),
      env: place.env,
    };
    await runJson(other, 'registry', 'init');
    await runJson(other, 'model', 'push', 'digits', affineNext, '--skip-validation');
    const refused = await run(other, 'hosts', 'sync');
    expect(refused.exitCode).toBe(5);
    expect(refused.stderr).toContain('has another models/digits/versions/00000001.json than');
  });

  test('exec runs the program as root on each host, in the order of the configuration, and names what failed', async () => {
    const place = { folder: project(`'ssh://h2', ${UNREACHABLE}, 'ssh://h1'`) };
    const words = ['printf', '%s|', 'a b', '$HOME', '--json'];
    const all = await run(place, 'hosts', 'exec', 'production', '--', ...words);
    expect(all.exitCode).toBe(5);
    expect(all.stdout).toBe(
      'h2: exit code 0\na b|$HOME|--json|\nh1: exit code 0\na b|$HOME|--json|\n',
    );
    expect(all.stderr).toMatch(
      /1 of 3 hosts failed:\n- The host root@127.0.0.1:1 can't be reached: .*refused/s,
    );
    writeFileSync(join(place.folder, 'script.sh'), 'id -un; exit 3\n');
    const one = ['--host', 'h1', '--stdin', join(place.folder, 'script.sh')];
    const failed = await run(place, 'hosts', 'exec', ...one, '--', 'sh', '-s');
    expect([failed.exitCode, failed.stdout]).toEqual([1, 'root\n']);
    expect(failed.stderr).toContain('ended with another exit code than 0: h1 3');
    const json = await run(place, 'hosts', 'exec', '--host', 'h1', '--json', '--', 'true');
    expect(JSON.parse(json.stdout)).toEqual({
      environment: 'production',
      hosts: [{ host: 'ssh://h1', exitCode: 0, stdout: '', stderr: '' }],
    });
    const forgotten = await run(place, 'hosts', 'exec', 'production', 'uptime');
    expect([forgotten.exitCode, forgotten.stderr]).toEqual([
      2,
      expect.stringContaining('write the program after --') as string,
    ]);
    const unknown = await run(place, 'hosts', 'exec', '--host', 'h7', '--', 'true');
    expect(unknown.stderr).toContain('has no host "h7"; it has h2, root@127.0.0.1:1, h1');
  });

  test('status and plan of hosts without a release, beside one that can not be reached', async () => {
    const place = { folder: project(`'ssh://h1', ${UNREACHABLE}`) };
    const status = await run(place, 'hosts', 'status');
    expect(status.exitCode).toBe(5);
    expect(status.stdout).toMatch(/^h1 +none +– +–$/m);
    expect(status.stdout).toMatch(/^root@127\.0\.0\.1:1 +– +– +The host .*can't be reached/m);
    const plan = await run(place, 'hosts', 'plan', '--host', 'h1');
    expect(plan.exitCode).toBe(0);
    expect(plan.stdout).toMatch(/^There is no release on this host\.$/m);
  });

  test('logs prints the last lines of each host, and follows until Ctrl-C, which leaves no connection', async () => {
    const place = { folder: project("'ssh://h1', 'ssh://h2'") };
    const write = (text: string) =>
      Promise.all(
        fleet.hosts.map((host) =>
          host.run(['systemd-cat', '--identifier=test', 'echo', `${text} of ${host.name}`]),
        ),
      );
    for (const host of fleet.hosts) {
      await host.run(['systemctl', 'restart', 'nginx']);
    }
    await write('not of a unit');
    const logs = await run(
      place,
      'hosts',
      'logs',
      '--unit',
      'nginx',
      '--lines',
      '5',
      '--since',
      '1h',
    );
    expect(logs.exitCode).toBe(0);
    expect(logs.stdout).toMatch(/^h1 \| .*systemd.*nginx[^]*^h2 \| .*nginx/m);
    expect(logs.stdout).not.toContain('not of a unit');

    const child = spawn(
      process.execPath,
      [...bin.slice(1), 'hosts', 'logs', '--follow', '--json'],
      {
        cwd: place.folder,
        env: commandEnv(place.folder),
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(child, 'close');
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      text += String(chunk);
      if (text.includes('"ssh://h1"') && text.includes('"ssh://h2"')) break;
    }
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    const [line = ''] = text.split('\n');
    expect(JSON.parse(line)).toMatchObject({ host: expect.stringMatching(/^ssh:/) as string });
    const hasEnded = async (): Promise<true | undefined> => {
      const { exitCode } = await fleet.host('h1').run(['pgrep', 'journalctl'], { mayFail: true });
      return exitCode === 1 ? true : undefined;
    };
    expect(await until(hasEnded)).toBe(true);
  });
});
