import { describe, expect, test } from 'vitest';

import { canBootFleet, startFleet } from '../src/index.ts';

describe.skipIf(!canBootFleet())('a bare host', () => {
  test('cloud-init runs its user data, and apt installs Nginx without a network', async () => {
    const userData = '#cloud-config\nruncmd:\n  - [touch, /var/lib/by-cloud-init]\n';
    await using fleet = await startFleet({ image: 'bare', userData });
    const host = fleet.host('h1');
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
