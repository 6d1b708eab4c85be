import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { pipeline } from 'node:stream/promises';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { folderStore, ModelRegistry } from '@fairlead/registry';
import { freePort, onnxModel, readTree, temporaryFolder } from '@fairlead/test-support';
import {
  deployToHost,
  planRollOut,
  readRelease,
  restoreToHost,
  rollOut,
  verifyRelease,
  type BuildReleaseOptions,
  type BuiltRelease,
  type Carrier,
} from '../../src/index.ts';
import { localCarrier } from '../../src/local.ts';
import { readArchive } from '../../src/release/read-release.ts';
import { buildSample, sampleDeployment } from '../support/build-sample.ts';

let release: BuiltRelease;
const folder = mkdtempSync(join(tmpdir(), 'fairlead-release-'));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

beforeAll(async () => {
  release = await buildSample(folder);
});

/** Unpacks the parts of a release over each other, as a host does. */
async function unpack(path: string): Promise<string> {
  const target = temporaryFolder();
  await readArchive(path, {
    onPart: async ({ sha256 }, archive) => {
      const file = join(target, `${sha256}.tar.gz`);
      await pipeline(archive, createWriteStream(file));
      const { status, stderr } = spawnSync('tar', ['-xzf', file, '-C', target], {
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
    },
  });
  return target;
}

describe('buildRelease', () => {
  it('has one archive, named by deployment, digest and platform', () => {
    expect(readdirSync(folder)).toEqual([
      `fairlead-${release.digest.slice(0, 12)}-${release.manifest.platform}.tar`,
    ]);
    expect(release.manifest.parts.map(({ role }) => role)).toEqual([
      ...['node', 'packages', 'application', 'agent', 'files'],
    ]);
  });

  it('carries little that changes with the application', () => {
    const size = (role: string) =>
      release.manifest.parts.find((part) => part.role === role)?.compressedBytes ?? 0;
    expect(size('application') + size('files')).toBeLessThan(2.5e6);
    // Without the libraries of other platforms, which take 240 MB.
    expect(size('packages')).toBeLessThan(25e6);
    expect(release.bytes).toBeLessThan(90e6);
  });

  it('serves without any file of this machine: its Node starts, with ONNX Runtime and the threads that store captured requests', async () => {
    const root = await unpack(release.path);
    const registry = join(root, 'registry');
    mkdirSync(registry);
    const models = new ModelRegistry({ store: folderStore(registry) });
    await models.push({
      ...{ model: 'affine', runtime: { name: 'onnx' }, actor: 'test' },
      files: { 'model.onnx': onnxModel('affine') },
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
      },
    });
    await models.setAlias('affine', 'champion', 1, { actor: 'test' });
    const port = await freePort();
    const captures = join(root, 'captures');
    mkdirSync(captures);
    const isStored = (): boolean =>
      Object.keys(readTree(captures)).some((path) => path.endsWith('.parquet'));
    const run = async (use: () => Promise<void>): Promise<void> => {
      const child = spawn(join(root, 'bin/node'), [join(root, 'gateway/dist/main.js')], {
        cwd: '/',
        env: {
          PATH: '/nonexistent',
          FAIRLEAD_REGISTRY: registry,
          FAIRLEAD_LISTEN: `127.0.0.1:${port}`,
          FAIRLEAD_GRPC_LISTEN: '127.0.0.1:0',
          FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
          FAIRLEAD_STATE_FOLDER: join(root, 'state'),
          FAIRLEAD_CAPTURE_LOCATION: captures,
          FAIRLEAD_CAPTURE_SHARE: '1',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = once(child, 'exit');
      onTestFinished(async () => {
        child.kill('SIGKILL');
        await ended;
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      }
      const deadline = Date.now() + 60_000;
      const isUp = (): boolean =>
        output.includes('listening for gRPC') && output.includes('models loaded');
      while (!isUp() && Date.now() < deadline) {
        expect(child.exitCode, output).toBeNull();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await use();
      child.kill('SIGTERM');
      await ended;
      expect(output).not.toContain('MODULE_NOT_FOUND');
    };
    await run(async () => {
      const live = await fetch(`http://127.0.0.1:${port}/v2/health/live`);
      expect([live.status, await live.json()]).toEqual([200, { live: true }]);
      const { status } = await fetch(`http://127.0.0.1:${port}/v2/models/affine/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}',
      });
      expect(status).toBe(200);
    });
    // A busy host leaves what was captured to the next process.
    if (!isStored()) {
      await run(async () => {
        const deadline = Date.now() + 60_000;
        while (!isStored() && Date.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
    }
    expect(isStored()).toBe(true);
  });

  it('has a bill of materials with versions and licenses', async () => {
    const { sbom } = await readRelease(release.path);
    const bom = JSON.parse(sbom.toString()) as {
      bomFormat: string;
      specVersion: string;
      components: { name: string; group?: string; version: string; licenses?: unknown[] }[];
    };
    expect([bom.bomFormat, bom.specVersion]).toEqual(['CycloneDX', '1.6']);
    const found = new Map(bom.components.map((component) => [component.name, component]));
    expect(found.get('node')?.version).toBe('24.21.0');
    for (const name of ['express', 'onnxruntime-node', 'onnxruntime-common', 'zod']) {
      expect(found.get(name)?.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(found.get(name)?.licenses).toHaveLength(1);
    }
  });

  it('has the same digest and parts when it is built again elsewhere, and a signature if a key is given', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const signed = await buildSample(temporaryFolder(), { signingKey });
    expect(signed.digest).toBe(release.digest);
    const trustedKeys = [publicKey.export({ type: 'spki', format: 'pem' }).toString()];
    const { serialized } = await verifyRelease(signed.path, { trustedKeys });
    expect(serialized.equals((await readRelease(release.path)).serialized)).toBe(true);
    expect((await readRelease(signed.path, { trustedKeys })).digest).toBe(release.digest);
    await expect(verifyRelease(release.path, { trustedKeys })).rejects.toMatchObject({
      code: 'ERR_DEPLOY_RELEASE_UNTRUSTED',
    });
  });

  it('refuses a deployment whose service is not that of the release', async () => {
    const deployment = sampleDeployment;
    const gateway = { ...deployment.gateway, command: ['/opt/shop/current/bin/node', 'main.js'] };
    await expect(
      buildSample(folder, { deployment: { ...deployment, gateway } }),
    ).rejects.toMatchObject({
      code: 'ERR_DEPLOY_INVALID_OPTION',
      message: expect.stringMatching(
        /\["\/opt\/shop\/current\/bin\/node","main\.js"\]: expected .*gateway\/dist\/main\.js/,
      ) as string,
    });
  });

  it('reaches no host when none of the trusted keys has signed it', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const trustedKeys = [publicKey.export({ type: 'spki', format: 'pem' }).toString()];
    let commands = 0;
    const carrier: Carrier = {
      ...localCarrier(),
      run: () => {
        commands += 1;
        return Promise.resolve({ code: 0, stdout: '', stderr: '' });
      },
    };
    const options = { hosts: [{ carrier }], release: release.path, trustedKeys };
    const onHost = { release: release.path, trustedKeys };
    for (const work of [
      () => rollOut(options),
      () => planRollOut(options),
      () => deployToHost(carrier, onHost),
      () => restoreToHost(carrier, onHost),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'ERR_DEPLOY_RELEASE_UNTRUSTED' });
    }
    expect(commands).toBe(0);
    await expect(rollOut({ ...options, trustedKeys: ['key'] })).rejects.toMatchObject({
      code: 'ERR_DEPLOY_INVALID_OPTION',
      message: 'Option trustedKeys[0] is not a public key in PEM.',
    });
  });

  it.each([
    ['platform', { platform: 'linux-riscv' }, 'platform .*expected linux-x64 or linux-arm64'],
    ['deployment', { deployment: {} }, 'deployment .*expected the result of defineDeployment'],
    ['nodeVersion', { nodeVersion: '24' }, 'nodeVersion .*expected a version such as 24.21.0'],
    ['signingKey', { signingKey: 'secret text' }, 'signingKey is not a private key in PEM'],
    ['entry', { entry: undefined }, 'entry is missing'],
    ['entri', { entri: 'main.ts' }, 'entri.*Did you mean `entry`'],
  ])('refuses a wrong option %s', async (_, change, message) => {
    const built = buildSample(temporaryFolder(), change as Partial<BuildReleaseOptions>);
    await expect(built).rejects.toMatchObject({
      code: 'ERR_DEPLOY_INVALID_OPTION',
      message: expect.stringMatching(message) as string,
    });
    await expect(built).rejects.not.toThrow('secret text');
  });

  it('names a module that can not be bundled, and leaves nothing behind', async () => {
    const out = temporaryFolder();
    const entry = join(temporaryFolder(), 'broken.ts');
    writeFileSync(entry, "import './missing.ts';\n");
    await expect(buildSample(out, { entry })).rejects.toMatchObject({
      code: 'ERR_DEPLOY_BUILD_FAILED',
      message: expect.stringMatching(/broken\.ts:1: Could not resolve "\.\/missing\.ts"/) as string,
    });
    expect(readdirSync(out)).toEqual([]);
  });

  it('names a version of Node that does not exist', async () => {
    await expect(buildSample(temporaryFolder(), { nodeVersion: '24.999.0' })).rejects.toMatchObject(
      {
        code: 'ERR_DEPLOY_PACKAGE_UNAVAILABLE',
        message: expect.stringContaining('node-linux-') as string,
      },
    );
  });
});
