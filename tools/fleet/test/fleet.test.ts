import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  ensureImage,
  findMachineProblems,
  startBalancer,
  startFleet,
  startLoad,
  type Fleet,
} from '../src/index.ts';

const problems = findMachineProblems();
if (problems.length > 0) {
  process.stderr.write(`SKIPPED tests of fleets: ${problems.join('; ')}\n`);
}

/** Everything on this machine that belongs to a fleet: processes, mounts, control groups and folders. */
function findLeftovers(name: string): readonly string[] {
  const processes = globSync('/proc/[0-9]*/cmdline').filter((file) => contains(file, name));
  const mounts = globSync('/proc/[0-9]*/mountinfo').filter((file) => contains(file, name));
  const cgroups = globSync(`/sys/fs/cgroup/{,*/}${name}`);
  return [...processes, ...mounts, ...cgroups, ...globSync(`${tmpdir()}/${name}`)];
}

function contains(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes(text);
  } catch {
    return false;
  }
}

describe.skipIf(problems.length > 0)('a fleet', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    await ensureImage();
    fleet = await startFleet({ hosts: 2 });
  }, 900_000);

  afterAll(async () => {
    await fleet.close();
  });

  test('hosts run systemd as their first process, and have their own name and address', async () => {
    for (const [index, host] of fleet.hosts.entries()) {
      const { stdout } = await host.run(['sh', '-c', 'hostname; cat /proc/1/comm; hostname -I']);
      expect(stdout.trim().split(/\s+/)).toEqual([
        `h${index + 1}`,
        'systemd',
        `10.77.1.${index + 1}`,
      ]);
    }
  });

  test('ssh logs in as an account with sudo, and refuses another host key', async () => {
    const { stdout } = await fleet.ssh(['h1', 'hostname; sudo id -u']);
    expect(stdout).toBe('h1\n0\n');
    const swapped = await fleet.ssh(['-o', 'HostKeyAlias=h2', 'h1', 'true'], { mayFail: true });
    expect(swapped).toMatchObject({
      exitCode: 255,
      stderr: expect.stringContaining('verification failed') as string,
    });
  });

  test('files are written and read from outside, also of a host that is off; its journal is readable then', async () => {
    const [, host] = fleet.hosts;
    if (host === undefined) throw new Error('two hosts are needed');
    await host.writeFile('/etc/fairlead/on', 'written while on', 0o600);
    await host.run(['logger', '-t', 'fleet-test', 'before the power was cut']);
    await host.journal();
    await host.powerOff();
    expect(host.isOn).toBe(false);
    await expect(host.run(['true'])).rejects.toThrow('host h2 is off; call boot() first');
    expect(await host.journal()).toContain('before the power was cut');
    await host.writeFile('/etc/fairlead/off', 'written while off');
    expect(await host.readFile('/etc/fairlead/on')).toBe('written while on');
    await host.boot();
    expect(await host.readFile('/etc/fairlead/off')).toBe('written while off');
    const mode = await host.run(['stat', '-c', '%a', '/etc/fairlead/on']);
    expect(mode.stdout.trim()).toBe('600');
  });

  test('a reboot starts systemd again with the same disk and address', async () => {
    const [, host] = fleet.hosts;
    if (host === undefined) throw new Error('two hosts are needed');
    const uptime = async () =>
      (await host.run(['systemctl', 'show', '--value', '-p', 'UserspaceTimestampMonotonic']))
        .stdout;
    const before = await uptime();
    await host.writeFile('/var/lib/marker', 'still there');
    await host.reboot();
    expect(await uptime()).not.toBe(before);
    expect(await host.readFile('/var/lib/marker')).toBe('still there');
    expect((await fleet.ssh(['h2', 'hostname'])).stdout).toBe('h2\n');
  });

  test('a host that shuts down in order stops its units first', async () => {
    const [, host] = fleet.hosts;
    if (host === undefined) throw new Error('two hosts are needed');
    await host.shutDown();
    expect(host.isOn).toBe(false);
    expect(await host.journal('nginx')).toMatch(/Stopped nginx/);
    await host.boot();
  });

  test('a drained host gets no request, and no request of a constant load fails', async () => {
    for (const host of fleet.hosts) {
      await host.writeFile(
        '/etc/nginx/sites-enabled/default',
        `server { listen 80; location / { default_type application/json; return 200 '{"outputs":[0.5],"host":"${host.name}"}'; } }`,
      );
      await host.run(['systemctl', 'reload', 'nginx']);
    }
    const balancer = await startBalancer(fleet);
    await until(async () =>
      Object.values(await balancer.states()).every(({ status }) => status === 'UP'),
    );
    const request = { path: '/v2/models/m/infer', body: {}, expected: { outputs: [0.5] } };
    const load = await startLoad(fleet, { url: balancer.url, rate: 200, requests: [request] });
    await sleep(1_000);
    const [drained, other] = fleet.hosts;
    if (drained === undefined || other === undefined) throw new Error('two hosts are needed');
    await balancer.drain(drained);
    expect((await balancer.states()).h1?.status).toBe('DRAIN');
    await drained.run(['systemctl', 'stop', 'nginx']);
    await sleep(300);
    await drained.run(['systemctl', 'start', 'nginx']);
    await balancer.ready(drained);
    await sleep(500);
    const result = await load.stop();
    expect(result.failures).toEqual([]);
    expect(result.failed).toBe(0);
    expect(result.sent).toBeGreaterThan(300);
    expect((result.byHost.h1 ?? 0) + (result.byHost.h2 ?? 0)).toBe(result.sent);
    expect(result.byHost.h2).toBeGreaterThan(result.byHost.h1 ?? 0);

    const wrong = await startLoad(fleet, {
      url: balancer.url,
      rate: 100,
      requests: [{ ...request, expected: { outputs: [0.6] } }],
    });
    await sleep(300);
    const { failures, failed, sent } = await wrong.stop();
    expect(failed).toBe(sent);
    expect(failures[0]).toMatchObject({
      status: 200,
      error: 'the answer differs from the expected one',
    });
    await balancer.stop();
  });
});

describe.skipIf(problems.length > 0)('a bare host', () => {
  test('cloud-init runs its user data, and apt installs Nginx without a network', async () => {
    const userData = '#cloud-config\nruncmd:\n  - [touch, /var/lib/by-cloud-init]\n';
    await using fleet = await startFleet({ image: 'bare', userData });
    const [host] = fleet.hosts;
    if (host === undefined) throw new Error('a host is needed');
    await host.run(['cloud-init', 'status', '--wait']);
    await host.run(['test', '-e', '/var/lib/by-cloud-init']);
    expect((await host.run(['which', 'nginx'], { mayFail: true })).exitCode).toBe(1);
    const install = 'sudo apt-get -q update && sudo apt-get -qy install nginx-light python3-venv';
    await fleet.ssh(['h1', install]);
    const { stdout } = await host.run([
      'curl',
      '-sS',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      'http://127.0.0.1/',
    ]);
    expect(stdout).toBe('200');
  });
});

describe.skipIf(problems.length > 0)('clean-up', () => {
  const script = fileURLToPath(new URL('support/start-and-wait.ts', import.meta.url));

  test.each(['in the middle of booting', 'while hosts run'])(
    'nothing is left when the process is killed with SIGKILL %s',
    async (moment) => {
      const child = spawn(process.execPath, ['--conditions=@fairlead/source', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const [pid, folder = ''] = String((await lines.next()).value).split(' ');
      const name = folder.slice(folder.lastIndexOf('/') + 1);
      if (moment === 'while hosts run') expect((await lines.next()).value).toBe('running');
      else await sleep(300);
      expect(findLeftovers(name).length).toBeGreaterThan(3);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await until(() => findLeftovers(name).length === 0, 20_000);
      expect(existsSync(`/proc/${pid ?? ''}`)).toBe(false);
    },
  );

  test('a start removes what a dead fleet left, and nothing of a live one', async () => {
    const dead = `fairlead-fleet-test${process.pid}`;
    mkdirSync(`${tmpdir()}/${dead}/h1/upper`, { recursive: true });
    await using first = await startFleet({ boot: false });
    expect(findLeftovers(dead)).toEqual([]);
    await using second = await startFleet({ boot: false });
    expect(readdirSync(first.namespaces.folder)).toContain('h1');
    expect(readdirSync(second.namespaces.folder)).toContain('h1');
  });
});
