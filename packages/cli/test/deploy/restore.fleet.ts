import { execFileSync } from 'node:child_process';
import { canBootFleet, startFleet } from '@fairlead/fleet';
import { expect, test } from 'vitest';
import { run, runJson } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';

const deployment = `defineDeployment({
    target: { nginx: '1.22.1' },
    host: { cores: 2, memoryBytes: 4e9, automaticUpdates: false },
    layout: 'host',
    timeouts: { requestMs: 4_000, marginMs: 1_000 },
    nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
    gateway: {
      command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
      service: { user: 'fairlead' },
      environment: { FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json' },
    },
    backup: { to: '/mnt/backup' },
  })`;

test.skipIf(!canBootFleet())(
  'restore brings a host back from the backup of another one, and says what it restored',
  async () => {
    await using fleet = await startFleet({ hosts: 2 });
    const [h1, h2] = [fleet.host('h1'), fleet.host('h2')];
    const folder = hostProject({
      environment: `hosts: ['ssh://h1', 'ssh://h2'], ssh: { configFile: '${fleet.sshConfig}' }, deployment: ${deployment}`,
    });
    const place = { folder };
    await h1.writeFile('/etc/fairlead/keys.json', '{"keys":[]}', 0o600);
    for (const host of [h1, h2]) await host.run(['mkdir', '-p', '/mnt/backup']);
    const none = await run(place, 'restore', '--host', 'h1', '--yes');
    expect([none.exitCode, none.stderr]).toEqual([
      5,
      expect.stringContaining('/mnt/backup has no backup of the host h1, but of: none') as string,
    ]);
    await runJson(place, 'release', 'build');
    // A first deployment to h1 alone, whose backup moves to the other host with its volume.
    const deployed = await run(
      {
        folder: hostProject({
          environment: `hosts: ['ssh://h1'], ssh: { configFile: '${fleet.sshConfig}' }, deployment: ${deployment}`,
        }),
      },
      ...['deploy', '--yes', '--watch', '1s'],
    );
    expect(deployed.exitCode, deployed.stderr).toBe(0);
    await h1.run(['systemctl', 'start', 'fairlead-backup']);
    await h1.run(['sh', '-c', 'tar -C /mnt -cf /root/backup.tar backup']);
    const archive = execFileSync('ssh', ['-F', fleet.sshConfig, 'h1', 'sudo cat /root/backup.tar']);
    await h2.run(['tar', '-C', '/mnt', '-xf', '-'], { stdin: archive });
    const restored = await run(place, 'restore', '--host', 'h2', '--yes');
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(restored.stdout).toMatch(
      /^restored 1 file of \d{4}-\d\d-\d\dT[\d:.]+Z from \/mnt\/backup\/h1\nactivated release [0-9a-f]{12}\n$/,
    );
    expect(await h2.readFile('/etc/fairlead/keys.json')).toBe('{"keys":[]}');
    expect((await h2.run(['curl', '-sS', 'http://127.0.0.1/'])).stdout).toBe(
      '{"version":1,"outputs":[1]}',
    );
    const again = await runJson(place, 'restore', '--host', 'h2', '--from-host', 'h1', '--yes');
    expect(again).toMatchObject({ hosts: [{ host: 'ssh://h2', outcome: 'unchanged' }] });
  },
);
