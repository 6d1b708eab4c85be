import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defineDeployment } from '@fairlead/deploy-config';
import {
  canBootFleet,
  exposePort,
  startBalancer,
  startFleet,
  startLoad,
  type Fleet,
  type FleetHost,
} from '@fairlead/fleet';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { createApiKey } from '@fairlead/security';
import {
  awsTestConnection,
  newBucket,
  onnxModel,
  s3Client,
  startMoto,
  until,
  type MotoServer,
} from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { deployToHost, restoreToHost, sendSecret, type BuiltRelease } from '../../src/index.ts';
import { sshCarrier } from '../../src/ssh.ts';
import { buildSample } from '../support/build-sample.ts';
import { serviceInput } from '../support/service-release.ts';

/** Time in which a destroyed host has to be back, in milliseconds. */
const MAX_RECOVERY_MS = 120_000;
const { region, credentials } = awsTestConnection;
const pepper = randomBytes(32).toString('hex');
const { key, record } = createApiKey({ pepper, client: 'shop', scopes: ['infer:*'] });
const path = '/v2/models/affine/infer';
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const expected = { outputs: [{ name: 'y', data: [3, 5] }] };
const registryFolder = '/var/lib/fairlead/registry';

describe.skipIf(!canBootFleet())('the drill: a host is lost', () => {
  let fleet: Fleet;
  let moto: MotoServer;
  let release: BuiltRelease;
  let awsVariables: string;
  const work = mkdtempSync(join(tmpdir(), 'fairlead-drill-'));

  beforeAll(async () => {
    fleet = await startFleet({ hosts: 3, boot: false });
    await Promise.all(['h1', 'h2'].map((name) => fleet.host(name).boot()));
    moto = await startMoto();
    const bucket = await newBucket(s3Client(moto.endpoint));
    const { url } = await exposePort(fleet, moto.port);
    awsVariables = `AWS_ENDPOINT_URL=${url}\nAWS_ACCESS_KEY_ID=${credentials.accessKeyId}\nAWS_SECRET_ACCESS_KEY="${credentials.secretAccessKey}"\n`;
    const secretsFile = '/etc/fairlead/gateway.secrets';
    release = await buildSample(join(work, 'releases'), {
      deployment: defineDeployment({
        ...serviceInput,
        gateway: {
          ...serviceInput.gateway,
          service: { user: 'fairlead', secretsFile },
          environment: {
            FAIRLEAD_REGISTRY: registryFolder,
            FAIRLEAD_MODELS: 'affine',
            FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
          },
        },
        secrets: [
          {
            name: 'pepper',
            from: { file: '/root/pepper' },
            path: secretsFile,
            variable: 'FAIRLEAD_PEPPER',
          },
        ],
        backup: { to: `s3://${bucket}/shop`, region, secretsFile: '/etc/fairlead/backup.secrets' },
      }),
    });
    for (const name of ['h1', 'h2']) await setUp(fleet.host(name));
  });

  afterAll(async () => {
    await fleet.close();
    await moto.stop();
    rmSync(work, { recursive: true });
  });

  const carrierOf = ({ name }: FleetHost) => sshCarrier({ url: name, configFile: fleet.sshConfig });

  /** Puts registry, API keys, pepper and credentials of the backup on a host, and deploys the release. */
  async function setUp(host: FleetHost): Promise<void> {
    const carrier = await carrierOf(host);
    await sendSecret(carrier, { path: '/root/pepper', value: pepper });
    await sendSecret(carrier, { path: '/etc/fairlead/backup.secrets', value: awsVariables });
    await host.writeFile('/etc/fairlead/keys.json', JSON.stringify({ keys: [record] }), 0o600);
    const folder = join(work, host.name);
    mkdirSync(folder, { recursive: true });
    const registry = new ModelRegistry({ store: folderStore(folder) });
    const files = { 'model.onnx': onnxModel('affine') };
    const { manifest } = await registry.push({
      ...{ model: 'affine', runtime: { name: 'onnx' as const }, files, actor: 'ada' },
    });
    await registry.setAlias('affine', 'champion', manifest.version, { actor: 'ada' });
    const archive = execFileSync('tar', ['-C', folder, '-c', '.']);
    await host.run(['mkdir', '-p', registryFolder]);
    await host.run(['tar', '-C', registryFolder, '-x', '--no-same-owner'], { stdin: archive });
    const { outcome, message, log } = await deployToHost(carrier, { release: release.path });
    expect([outcome, message, log]).toEqual(['activated', undefined, undefined]);
    await carrier.close();
  }

  it('a timer backs the state up, and a failed backup is a difference', async () => {
    const host = fleet.host('h1');
    const timers = await host.run(['systemctl', 'is-active', 'fairlead-backup.timer']);
    expect(timers.stdout).toBe('active\n');
    const { stdout } = await host.run([
      ...['systemd-analyze', 'security', '--no-pager', 'fairlead-backup.service'],
    ]);
    const [, exposure = '10'] = /Overall exposure level for .*: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(2.5);
    await host.run(['mv', '/etc/fairlead/keys.json', '/root/keys']);
    const failed = await host.run(['systemctl', 'start', 'fairlead-backup'], { mayFail: true });
    expect(failed.exitCode).toBe(1);
    expect(await host.journal('fairlead-backup')).toContain(
      'the file /etc/fairlead/keys.json: ENOENT',
    );
    await host.run(['mv', '/root/keys', '/etc/fairlead/keys.json']);
    for (const name of ['h1', 'h2']) {
      await fleet.host(name).run(['systemctl', 'start', 'fairlead-backup']);
      expect(await fleet.host(name).journal('fairlead-backup')).toContain(
        `shop/${name}","files":2`,
      );
    }
  });

  it('comes back from release, backup and configuration in less than two minutes, while the others serve', async () => {
    const balancer = await startBalancer(fleet);
    await until(async () => (await balancer.states()).h1?.status.startsWith('UP'));
    const headers = { authorization: `Bearer ${key}` };
    const requests = [{ path, body, headers, expected }];
    const load = await startLoad(fleet, { url: balancer.url, rate: 20, requests });
    await load.untilSent(60);
    const lost = performance.now();
    const lostAt = Date.now();
    await fleet.host('h1').powerOff();

    // A new host with another name: nothing of the lost one is on its disk.
    const replacement = fleet.host('h3');
    await replacement.boot();
    const carrier = await carrierOf(replacement);
    await sendSecret(carrier, { path: '/etc/fairlead/backup.secrets', value: awsVariables });
    const steps: string[] = [];
    const result = await restoreToHost(carrier, {
      release: release.path,
      host: 'h1',
      onStep: (step) => void steps.push(step),
    });
    expect(result).toMatchObject({
      outcome: 'activated',
      digest: release.digest,
      restored: { files: ['/root/pepper', '/etc/fairlead/keys.json'], models: ['affine'] },
    });
    expect(steps).toContain('restore');
    await until(async () => (await balancer.states()).h3?.status.startsWith('UP'));
    const recoveryMs = performance.now() - lost;
    await load.untilSent(60 + Math.ceil((recoveryMs / 1000) * 20) + 100);
    const { sent, failed, failures, byHost } = await load.stop();
    await balancer.stop();
    process.stderr.write(
      `drill: back after ${(recoveryMs / 1000).toFixed(1)} s; ${failed} of ${sent} requests failed; ${JSON.stringify(byHost)}\n`,
    );
    expect(recoveryMs).toBeLessThan(MAX_RECOVERY_MS);
    expect(byHost.h3).toBeGreaterThan(0);
    // Only requests that the balancer sent to the lost host before its checks found that out.
    for (const { at, host } of failures) {
      expect([undefined, 'h1', '<NOSRV>']).toContain(host);
      expect(Date.parse(at) - lostAt).toBeLessThan(15_000);
    }

    const { stdout } = await replacement.run([
      ...['stat', '-c', '%a %U:%G', '/root/pepper', '/etc/fairlead/keys.json', registryFolder],
    ]);
    expect(stdout).toBe('600 root:root\n640 root:fairlead\n700 fairlead:fairlead\n');
    expect(await deployToHost(carrier, { release: release.path })).toMatchObject({
      outcome: 'unchanged',
    });
    await carrier.close();
  });

  it('a restore overwrites nothing on a host that serves', async () => {
    const host = fleet.host('h2');
    await host.run(['sh', '-c', 'echo >>/etc/fairlead/keys.json']);
    const carrier = await carrierOf(host);
    await expect(restoreToHost(carrier, { release: release.path, host: 'h2' })).rejects.toThrow(
      /keys.json exists on this host with another content than in the backup/,
    );
    await expect(restoreToHost(carrier, { release: release.path, host: 'h9' })).rejects.toThrow(
      /has no backup of the host h9, but of: h1, h2/,
    );
    await carrier.close();
  });
});
