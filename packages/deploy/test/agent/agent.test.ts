import { readFileSync } from 'node:fs';

import { canBootFleet, startFleet, type Fleet, type FleetHost } from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

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

  it('unpacks no program from an archive with another byte', async () => {
    const other = await startFleet();
    onTestFinished(() => other.close());
    const bare = other.host('h1');
    const bytes = readFileSync(first.path);
    const at = bytes.indexOf(`parts/${partOfRole(first, 'node')}`) + 512 + 1_000_000;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    const archive = `/var/tmp/${first.digest}.tar`;
    await bare.writeFile(archive, bytes);
    const { code, error } = await runAgent(bare, first, [
      'prepare',
      first.digest,
      '--archive',
      archive,
    ]);
    expect([code, error?.message]).toEqual([
      expect.any(Number),
      expect.stringMatching(/damaged|crc/) as string,
    ]);
    expect(code).not.toBe(0);
    expect((await bare.run(['sh', '-c', 'ls -A /opt/fairlead/parts'])).stdout).toBe('');
  });

  it('reverts a release that can not start within seconds, and says why with the log', async () => {
    const bad = await buildService({ version: 3, before: "throw new Error('no model here');" });
    const report = await deploy(host, bad);
    expect(report).toMatchObject({
      code: 1,
      steps: ['switch', 'restart', 'gate', 'revert', 'switch', 'restart'],
      result: {
        outcome: 'reverted',
        digest: first.digest,
        code: 'ERR_DEPLOY_GATE_FAILED',
        message: expect.stringMatching(/ended \d+ times/) as string,
      },
    });
    expect((report.result?.log as string[]).join('\n')).toContain('no model here');
    expect(await askService(host)).toEqual({ version: 1, outputs: [1] });
    expect((await runAgent(host, first, ['status'])).result).toMatchObject({
      current: first.digest,
      units: { 'fairlead-gateway.service': 'active', 'nginx.service': 'active' },
    });
  });
});

function partOfRole({ manifest }: BuiltRelease, role: string): string {
  return manifest.parts.find((part) => part.role === role)?.sha256 ?? '';
}
