import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { canBootFleet, startFleet, type Fleet, type FleetHost } from '../src/index.ts';

describe.skipIf(!canBootFleet())('a fleet', () => {
  let fleet: Fleet;
  let host: FleetHost;

  beforeAll(async () => {
    fleet = await startFleet({ hosts: 2 });
    host = fleet.host('h2');
  });

  afterAll(async () => {
    await fleet.close();
  });

  test('hosts run systemd as their first process, and have their own name and address', async () => {
    for (const [index, each] of fleet.hosts.entries()) {
      const { stdout } = await each.run(['sh', '-c', 'hostname; cat /proc/1/comm; hostname -I']);
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
    await host.shutDown();
    expect(host.isOn).toBe(false);
    expect(await host.journal('nginx')).toMatch(/Stopped nginx/);
    await host.boot();
  });
});
