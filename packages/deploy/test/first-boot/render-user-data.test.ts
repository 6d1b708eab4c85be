import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';

import { beforeAll, describe, expect, it } from 'vitest';

import { firstBootProgram } from '../../src/first-boot/first-boot-program.ts';
import {
  readBootRelease,
  renderFirstBoot,
  renderUserData,
  type BuiltRelease,
  type UserDataOptions,
} from '../../src/index.ts';
import { buildService } from '../support/service-release.ts';

/** Keys of cloud-config that the user data has; a misspelt one would be ignored by cloud-init. */
interface CloudConfig {
  readonly package_update: boolean;
  readonly packages: readonly string[];
  readonly write_files: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly content: string;
  }[];
  readonly runcmd: readonly (readonly string[])[];
}

describe('user data of the first boot', () => {
  let release: BuiltRelease;
  const source = 'https://example.com/release.tar';
  const render = (options: Partial<UserDataOptions> = {}): Promise<string> =>
    renderUserData({ release: release.path, source, ...options });
  const parse = (text: string): CloudConfig => {
    const [header, content = ''] = text.split('\n');
    expect(header).toBe('#cloud-config');
    return JSON.parse(content) as CloudConfig;
  };
  const settingsOf = ({ write_files }: CloudConfig): Readonly<Record<string, unknown>> =>
    JSON.parse(write_files[1]?.content ?? '{}') as Record<string, unknown>;

  beforeAll(async () => {
    release = await buildService({ version: 1 });
  });

  it('names the release by its digest, and has no other keys than cloud-init knows', async () => {
    const content = parse(await render());
    expect(Object.keys(content)).toEqual(['package_update', 'packages', 'write_files', 'runcmd']);
    expect(content.packages).toEqual(['nginx']);
    expect(content.write_files.map(({ permissions }) => permissions)).toEqual(['0600', '0600']);
    const [program, settings] = content.write_files.map(({ path }) => path);
    expect(content.runcmd).toEqual([['python3', program, settings]]);
    const { parts } = release.manifest;
    expect(settingsOf(content)).toEqual({
      digest: release.digest,
      parts: ['node', 'agent'].map((role) => parts.find((part) => part.role === role)?.sha256),
      bootstrap: expect.stringContaining('exec "$parts/$node/bin/node"') as string,
      source: { url: source },
    });
  });

  it('fits into the limit of EC2 with a key, and says so when it does not', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const trustedKeys = String(publicKey.export({ type: 'spki', format: 'pem' }));
    const text = await render({ trustedKeys });
    expect(Buffer.byteLength(text)).toBeLessThan(14_000);
    const [, , keys] = parse(text).write_files;
    expect(settingsOf(parse(text)).trustedKeys).toBe(keys?.path);
    expect(keys?.content).toBe(trustedKeys);
    await expect(render({ trustedKeys: trustedKeys.repeat(100) })).rejects.toThrow(
      /^The user data has \d+ bytes, and EC2 accepts 16384/,
    );
  });

  it('addresses S3 and Auto Scaling in their region, in China too', async () => {
    const target = { bucket: 'acme', key: 'a b/c.tar', region: 'cn-north-1' };
    const signal = { group: 'web', lifecycleHook: 'boot', region: 'eu-central-1' };
    expect(settingsOf(parse(await render({ source: target, signal })))).toMatchObject({
      source: {
        region: 'cn-north-1',
        object: 'https://acme.s3.cn-north-1.amazonaws.com.cn/a%20b/c.tar',
      },
      signals: [{ ...signal, endpoint: 'https://autoscaling.eu-central-1.amazonaws.com/' }],
    });
  });

  it("addresses the fleet's release by its parameter, and calls apt only for packages", () => {
    const source = {
      ...{ parameter: '/shop/release', bucket: 'acme', prefix: 'a b/' },
      region: 'eu-central-1',
    };
    const agents = [
      { name: 'amazon-ssm-agent', url: 'https://example.com/agent.deb' },
      { name: 'other', url: 'http://10.0.0.1/other.deb', sha256: 'a'.repeat(64) },
    ];
    const content = parse(renderFirstBoot({ source, packages: [], agents }));
    expect(content).toMatchObject({ package_update: false, packages: [] });
    expect(settingsOf(content)).toEqual({
      bootstrap: expect.any(String) as string,
      agents,
      source: {
        ...{ parameter: '/shop/release', region: 'eu-central-1' },
        ssm: 'https://ssm.eu-central-1.amazonaws.com/',
        folder: 'https://acme.s3.eu-central-1.amazonaws.com/a%20b/',
      },
    });
  });

  it('counts the golden examples of a release', async () => {
    const { goldenChecks, packages, parts } = await readBootRelease(release.path);
    expect([goldenChecks, packages, parts.length]).toEqual([1, ['nginx'], 2]);
    const checks = [{ path: '/v2/health/ready' }];
    const other = await buildService({ version: 1, options: { checks } });
    expect((await readBootRelease(other.path)).goldenChecks).toBe(0);
  });

  it('is a program that the Python of Debian compiles', () => {
    const check = 'import sys; compile(sys.stdin.read(), "first_boot.py", "exec")';
    const { stderr, status } = spawnSync('python3', ['-W', 'error', '-c', check], {
      input: firstBootProgram,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each([
    [{ source: 'file:///etc/passwd' }, 'source is "file:///etc/passwd"'],
    [{ source: 'https://user:secret@example.com/' }, 'without a password'],
    [{ source: { bucket: 'b', key: '', region: 'eu-central-1' } }, 'source.key'],
    [{ source: { bucket: 'b', key: 'k', region: 'eu' } }, 'source.region is "eu"'],
    [{ packages: ['nginx; reboot'] }, 'packages has "nginx; reboot"'],
    [{ agents: [{ name: 'a b', url: source }] }, 'agents has "a b"'],
    [{ agents: [{ name: 'ssm', url: 'ftp://x' }] }, 'agents.ssm is "ftp://x"'],
    [{ agents: [{ name: 'ssm', url: 'http://x/a.deb' }] }, 'Use https, or give sha256'],
    [{ agents: [{ name: 'ssm', url: source, sha256: 'A'.repeat(64) }] }, 'agents.ssm.sha256 is "A'],
    [{ trustedKeys: 'x' }, 'trustedKeys'],
    [{ signal: { url: 'x' } }, 'signal.url'],
    [{ signal: { group: 'g', lifecycleHook: '', region: 'eu-central-1' } }, 'signal.lifecycleHook'],
    [{ sorce: 'x' } as Partial<UserDataOptions>, 'Did you mean `source`?'],
  ])('rejects %j', async (options, message) => {
    const error: unknown = await render(options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_DEPLOY_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    });
  });
});
