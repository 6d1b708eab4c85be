import { canBootFleet, startFleet, type Fleet, type FleetHost } from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BuiltRelease } from '../../src/index.ts';
import { askService, deploy, runAgent } from '../support/agent-on-host.ts';
import { buildService } from '../support/service-release.ts';

describe.skipIf(!canBootFleet())('the agent on a host', () => {
  let fleet: Fleet;
  let host: FleetHost;
  let first: BuiltRelease;
  let second: BuiltRelease;

  beforeAll(async () => {
    fleet = await startFleet();
    host = fleet.host('h1');
    first = await buildService({ version: 1 });
    second = await buildService({ version: 2 });
  });

  afterAll(async () => {
    await fleet.close();
  });

  it('installs the first release on a host without Node, accounts and units', async () => {
    expect(await deploy(host, first)).toEqual({
      code: 0,
      steps: ['switch', 'restart', 'gate', 'clean-up'],
      result: { outcome: 'activated', digest: first.digest },
    });
    expect(await askService(host)).toEqual({ version: 1, outputs: [1] });
  });

  it('says that nothing changed when the same release is activated again', async () => {
    const before = await host.run(['systemctl', 'show', '-P', 'MainPID', 'fairlead-gateway']);
    expect((await deploy(host, first)).result).toEqual({
      outcome: 'unchanged',
      digest: first.digest,
    });
    const after = await host.run(['systemctl', 'show', '-P', 'MainPID', 'fairlead-gateway']);
    expect(after.stdout).toBe(before.stdout);
  });

  it('activates a second release, and rolls back to the first without its archive', async () => {
    expect((await deploy(host, second)).result).toEqual({
      outcome: 'activated',
      digest: second.digest,
    });
    expect(await askService(host)).toEqual({ version: 2, outputs: [2] });
    await host.run(['sh', '-c', 'rm -rf /var/tmp/*.tar']);
    const rolledBack = await runAgent(host, second, ['rollback']);
    expect(rolledBack.result).toEqual({ outcome: 'activated', digest: first.digest });
    expect(await askService(host)).toEqual({ version: 1, outputs: [1] });
  });
});
