import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';

import {
  canBootFleet,
  cloudUrl,
  instanceIdOf,
  startCloud,
  startFleet,
  type CloudRequest,
  type FleetHost,
} from '@fairlead/fleet';
import { until } from '@fairlead/test-support';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';

import { renderUserData, type BuiltRelease, type UserDataOptions } from '../../src/index.ts';
import { askService } from '../support/agent-on-host.ts';
import { buildService } from '../support/service-release.ts';

/** A host after its first boot, and what it requested. */
interface BootedHost extends AsyncDisposable {
  readonly host: FleetHost;
  readonly requests: () => readonly CloudRequest[];
}

/** Boots a host with the user data of a release, and returns it once cloud-init has ended; it downloads `archive` from `path`. */
async function bootFirst(
  release: BuiltRelease,
  path: string,
  options: Omit<UserDataOptions, 'release'>,
  archive = release.path,
): Promise<BootedHost> {
  const userData = (await renderUserData({ release: release.path, ...options })).replace(
    '"runcmd":[["python3"',
    `"runcmd":[["env","AWS_EC2_METADATA_SERVICE_ENDPOINT=${cloudUrl}","python3"`,
  );
  const fleet = await startFleet({ image: 'bare', userData, boot: false });
  const cloud = await startCloud(fleet);
  cloud.addObject(path, archive);
  const host = fleet.host('h1');
  await host.boot({ acceptFailedUnits: true, timeoutMs: 300_000 });
  await host.run(['cloud-init', 'status', '--wait'], { mayFail: true, timeoutMs: 300_000 });
  return { host, [Symbol.asyncDispose]: () => fleet.close(), requests: () => cloud.requests() };
}

const byUrl = { source: `${cloudUrl}/release.tar`, signal: { url: `${cloudUrl}/signal` } };

describe.skipIf(!canBootFleet())('the first boot of a host', () => {
  it('installs packages, activates the release behind its gate, and signals success once', async () => {
    const release = await buildService({ version: 1 });
    await using booted = await bootFirst(release, '/release.tar', byUrl);
    const { host, requests } = booted;
    expect(await askService(host)).toEqual({ version: 1, outputs: [1] });
    const { stdout } = await host.run(['cloud-init', 'schema', '--system']);
    expect(stdout).toMatch(/^Valid/);
    expect((await host.run(['cloud-init', 'status'])).stdout).toContain('status: done');
    const signals = () => requests().filter(({ url }) => url === '/signal');
    expect(signals()).toMatchObject([{ method: 'PUT', headers: { 'content-type': '' } }]);
    expect(JSON.parse(signals()[0]?.body ?? '')).toEqual({
      Status: 'SUCCESS',
      Reason: 'activated',
      UniqueId: instanceIdOf(host.address),
      Data: instanceIdOf(host.address),
    });
    await host.reboot();
    expect(await until(async () => readAnswer(await askService(host)))).toMatchObject({
      version: 1,
    });
    expect(signals()).toHaveLength(1);
    const left = await host.run(['ls', '/var/lib/fairlead-deploy/incoming']);
    expect(left.stdout).toBe('');
  });

  it('signals the reason and the end of the log when the release fails its gate', async () => {
    const release = await buildService({
      version: 1,
      outputs: '2',
      options: { readyTimeoutMs: 5_000 },
    });
    await using booted = await bootFirst(release, '/release.tar', byUrl);
    const { host, requests } = booted;
    const [signal] = requests().filter(({ url }) => url === '/signal');
    const { Status, Reason } = JSON.parse(signal?.body ?? '{}') as Record<string, string>;
    expect(Status).toBe('FAILURE');
    expect(Reason).toMatch(/^activate failed: .*\/v2\/models\/m\/infer/);
    expect(Reason).toContain('{"step":"gate"}');
    const status = await host.run(['cloud-init', 'status'], { mayFail: true });
    expect(status.stdout).toContain('status: error');
  });

  it('downloads from S3 with the role of the instance, refuses an archive with another digest, and abandons the hook', async () => {
    const release = await buildService({ version: 1 });
    const other = await buildService({ version: 2 });
    const region = 'eu-central-1';
    const path = '/acme/releases/a%20release%20%281%29%27s.tar';
    await using booted = await bootFirst(
      release,
      path,
      {
        source: { bucket: 'acme', key: "releases/a release (1)'s.tar", region, endpoint: cloudUrl },
        signal: { group: 'web', lifecycleHook: 'first boot', region, endpoint: `${cloudUrl}/` },
      },
      other.path,
    );
    const { host, requests } = booted;
    expect(await host.readFile('/var/log/fairlead-first-boot.log')).toContain(
      release.digest.slice(0, 12),
    );
    const all = requests();
    const downloads = all.filter(({ url }) => url.includes('release'));
    expect(downloads.map(({ url }) => url)).toEqual([path, path]);
    const signal = all.at(-1);
    assert.ok(signal);
    expect(Object.fromEntries(new URLSearchParams(signal.body))).toEqual({
      Action: 'CompleteLifecycleAction',
      Version: '2011-01-01',
      AutoScalingGroupName: 'web',
      LifecycleHookName: 'first boot',
      LifecycleActionResult: 'ABANDON',
      InstanceId: instanceIdOf(host.address),
    });
    for (const [request, service] of [
      ...downloads.map((each) => [each, 's3'] as const),
      [signal, 'autoscaling'] as const,
    ]) {
      expect(request.headers.authorization).toBe(await signatureOf(request, service, region));
    }
  });
});

function readAnswer(answer: unknown): object | undefined {
  return typeof answer === 'object' && answer !== null ? answer : undefined;
}

/** Signs a request as the AWS SDK does. */
async function signatureOf(
  { method, url, headers, body }: CloudRequest,
  service: string,
  region: string,
): Promise<string | undefined> {
  const signer = new SignatureV4({
    ...{ service, region, uriEscapePath: service !== 's3', applyChecksum: false },
    credentials: {
      ...{ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+', sessionToken: 'token/+=' },
    },
    sha256: Sha256,
  });
  const signedNames = ['host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'];
  const date = String(headers['x-amz-date'] ?? '');
  const iso = date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
  const signed = await signer.sign(
    {
      ...{
        method,
        protocol: 'http:',
        hostname: new URL(cloudUrl).hostname,
        port: 8_000,
        path: url,
        body,
      },
      headers: Object.fromEntries(signedNames.map((name) => [name, String(headers[name] ?? '')])),
    },
    { signingDate: new Date(iso) },
  );
  return signed.headers.authorization;
}

class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer);
  }

  update(chunk: Uint8Array | string): void {
    this.#hash.update(chunk);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
}
