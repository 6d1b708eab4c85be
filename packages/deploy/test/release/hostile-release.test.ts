import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  readRelease,
  verifyRelease,
  type PartFile,
  type ReleaseManifest,
} from '../../src/index.ts';
import { fileOf, partOf, tinyRelease, type RawEntry } from '../support/tiny-release.ts';

const main = fileOf('gateway/main.js', 'hello');
const mainEntry: RawEntry = { name: 'gateway/main.js', content: 'hello' };
const link = (path: string, target: string): PartFile => ({ path, bytes: 0, mode: '777', target });

async function problemOf(path: string, options?: Parameters<typeof verifyRelease>[1]) {
  try {
    await verifyRelease(path, options);
  } catch (error) {
    return error;
  }
  return undefined;
}

const damaged = (message: string) =>
  expect.objectContaining({
    code: 'ERR_DEPLOY_RELEASE_DAMAGED',
    message: expect.stringContaining(message) as string,
  }) as unknown;

it('a small release without a change is accepted', async () => {
  const { path, digest } = await tinyRelease();
  expect((await verifyRelease(path)).digest).toBe(digest);
  expect((await readRelease(path)).digest).toBe(digest);
});

describe('a manifest is refused', () => {
  const withFile = (file: PartFile) => (manifest: ReleaseManifest) => ({
    ...manifest,
    parts: manifest.parts.map((part) => ({ ...part, bytes: file.bytes, files: [file] })),
  });

  it.each([
    ['with a path that climbs', '../etc/cron.d/evil'],
    ['with a path that climbs in the middle', 'gateway/../../etc/passwd'],
    ['with an absolute path', '/etc/passwd'],
    ['with an empty step', 'gateway//main.js'],
    ['with a line break in a path', 'gateway/a\nb'],
    ['with a NUL in a path', 'gateway/a\0b'],
    ['with a backslash in a path', String.raw`gateway\..\a`],
    ['with a path of 1,025 characters', `gateway/${'a'.repeat(1017)}`],
  ])('%s', async (_, file) => {
    const { path } = await tinyRelease({ changeManifest: withFile(fileOf(file, 'hello')) });
    expect(await problemOf(path)).toEqual(damaged('its manifest, parts.0.files.0'));
  });

  it.each([
    [
      'files outside of the folder of their part',
      fileOf('bin/node', 'hello'),
      'is no path of the part application',
    ],
    ['an absolute link', link('gateway/a', '/etc/shadow'), 'leads out of gateway/'],
    ['a link that climbs', link('gateway/a', '../../etc/shadow'), 'leads out of gateway/'],
    ['a link to another folder', link('gateway/a', '../files/etc'), 'leads out of gateway/'],
  ])('with %s', async (_, file, message) => {
    const { path } = await tinyRelease({ changeManifest: withFile(file) });
    expect(await problemOf(path)).toEqual(damaged(message));
  });

  it.each<[string, (manifest: ReleaseManifest) => object, string]>([
    ['another format', (manifest) => ({ ...manifest, format: 'fairlead-release/2' }), 'format'],
    ['an unknown member', (manifest) => ({ ...manifest, run: 'sh' }), 'run'],
    ['a name that is a path', (manifest) => ({ ...manifest, name: '../x' }), 'name'],
    ['an unknown platform', (manifest) => ({ ...manifest, platform: 'linux-riscv' }), 'platform'],
    ['no part', (manifest) => ({ ...manifest, parts: [] }), 'parts'],
    [
      'the same part twice',
      (manifest) => ({ ...manifest, parts: [...manifest.parts, ...manifest.parts] }),
      'two parts of the role application',
    ],
    [
      'a program that runs with the rights of its owner',
      (manifest) => ({
        ...manifest,
        parts: manifest.parts.map((part) => ({ ...part, files: [{ ...main, mode: '4755' }] })),
      }),
      'parts.0.files.0',
    ],
    [
      'a file inside of a link',
      (manifest) => ({
        ...manifest,
        parts: manifest.parts.map((part) => ({
          ...part,
          files: [link('gateway/a', 'b'), fileOf('gateway/a/c', 'hello')],
        })),
      }),
      'gateway/a/c is inside of gateway/a, which is no folder',
    ],
    [
      'the same path twice',
      (manifest) => ({
        ...manifest,
        parts: manifest.parts.map((part) => ({ ...part, bytes: 10, files: [main, main] })),
      }),
      'two files have the same path',
    ],
    [
      'a sum of sizes that is too small',
      (manifest) => ({
        ...manifest,
        parts: manifest.parts.map((part) => ({ ...part, bytes: 4 })),
      }),
      'have 5 bytes, not 4',
    ],
    [
      'a file of the host without content',
      (manifest) => ({
        ...manifest,
        hostFiles: [{ path: '/etc/passwd', mode: '644', owner: 'root:root', role: 'host' }],
      }),
      'the content of /etc/passwd is missing',
    ],
    [
      'a file of the host whose path climbs',
      (manifest) => ({
        ...manifest,
        hostFiles: [{ path: '/etc/../root/x', mode: '644', owner: 'root:root', role: 'host' }],
      }),
      '/etc/../root/x is no absolute path',
    ],
    [
      'an owner that is an option of a program',
      (manifest) => ({
        ...manifest,
        hostFiles: [{ path: '/etc/x', mode: '644', owner: '--reference=/x', role: 'host' }],
      }),
      'hostFiles.0.owner',
    ],
  ])('with %s', async (_, changeManifest, message) => {
    const { path } = await tinyRelease({ changeManifest });
    expect(await problemOf(path)).toEqual(damaged(message));
  });
});

describe('a part is refused', () => {
  it.each<[string, readonly RawEntry[], string]>([
    ['with a path that climbs', [{ ...mainEntry, name: '../main.js' }], 'is not in the manifest'],
    ['with an absolute path', [{ ...mainEntry, name: '/etc/passwd' }], 'is not in the manifest'],
    ['with a file more', [mainEntry, { name: 'gateway/more.js' }], 'is not in the manifest'],
    ['with a file twice', [mainEntry, mainEntry], 'there twice'],
    ['with a file less', [], '"gateway/main.js" of the part application is missing'],
    [
      'with a folder',
      [{ name: 'gateway/', type: 'directory' }, mainEntry],
      'is not in the manifest',
    ],
    [
      'with a symbolic link',
      [{ name: mainEntry.name, type: 'symlink', linkname: '/etc/shadow' }],
      'is a symlink',
    ],
    [
      'with a hard link',
      [{ name: mainEntry.name, type: 'link', linkname: '/etc/shadow' }],
      'is a link',
    ],
    [
      'with a device',
      [{ name: mainEntry.name, type: 'block-device', devmajor: 8 }],
      'is a block-device',
    ],
    ['with a named pipe', [{ name: mainEntry.name, type: 'fifo' }], 'is a fifo'],
    ['with another content', [{ ...mainEntry, content: 'hullo' }], 'has another content'],
    ['with another size', [{ ...mainEntry, content: 'hello!' }], 'has 6 bytes, not 5'],
    ['with another mode', [{ ...mainEntry, mode: 0o4755 }], 'has another mode'],
  ])('%s', async (_, entries, message) => {
    const part = await partOf('application', [main], entries);
    const { path } = await tinyRelease({ part });
    expect(await problemOf(path)).toEqual(damaged(message));
  });

  it('with a link that has another target', async () => {
    const part = await partOf(
      'application',
      [link('gateway/a', 'main.js')],
      [{ name: 'gateway/a', type: 'symlink', linkname: '/etc/shadow', mode: 0o777 }],
    );
    expect(await problemOf((await tinyRelease({ part })).path)).toEqual(damaged('another target'));
  });

  it('with a link that has content', async () => {
    const part = await partOf(
      'application',
      [link('gateway/a', 'main.js')],
      [{ name: 'gateway/a', content: 'hello', mode: 0o777 }],
    );
    expect(await problemOf((await tinyRelease({ part })).path)).toEqual(damaged('is a file'));
  });

  it('that unpacks to more than its files, without reading it all', async () => {
    const bomb = { name: 'gateway/main.js', content: '\0'.repeat(64 * 1024 * 1024) };
    const part = await partOf('application', [main], [bomb]);
    expect(part.part.compressedBytes).toBeLessThan(100_000);
    expect(await problemOf((await tinyRelease({ part })).path)).toEqual(
      damaged('a part unpacks to more than its files'),
    );
    const path = await partOf('application', [main], [{ name: 'a'.repeat(64 * 1024 * 1024) }]);
    expect(await problemOf((await tinyRelease({ part: path })).path)).toEqual(
      damaged('a part unpacks to more than its files'),
    );
  });

  it('that is no archive', async () => {
    const part = await partOf('application', [main], [mainEntry]);
    const archive = Buffer.from('not compressed');
    const described = { ...part.part, compressedBytes: archive.length };
    const { path } = await tinyRelease({ part: { part: described, archive } });
    expect(await problemOf(path)).toEqual(damaged("the part application can't be unpacked"));
  });
});

describe('an archive is refused', () => {
  it.each<[string, (entries: RawEntry[]) => readonly RawEntry[], string]>([
    ['without a manifest', ([, ...rest]) => rest, 'its manifest has no file'],
    [
      'with the manifest at its end',
      ([first, ...rest]) => (first ? [...rest, first] : []),
      'its manifest has no file',
    ],
    ['with two manifests', (entries) => [...entries.slice(0, 1), ...entries], 'there twice'],
    ['with a part twice', (entries) => [...entries, ...entries.slice(-1)], 'there twice'],
    ['without its part', (entries) => entries.slice(0, -1), 'is missing'],
    [
      'with a file more',
      (entries) => [...entries, { name: '../../etc/passwd' }],
      'has no file "../../etc/passwd"',
    ],
    [
      'with a part more',
      (entries) => [...entries, { name: `parts/${'0'.repeat(64)}.tar.gz` }],
      'its manifest has no file',
    ],
    [
      'with a link in place of the manifest',
      ([, ...rest]) => [
        { name: 'manifest.json', type: 'symlink', linkname: '/etc/shadow' },
        ...rest,
      ],
      'is no file',
    ],
    [
      'with another bill of materials',
      (entries) =>
        entries.map((entry) =>
          entry.name === 'sbom.cdx.json' ? { ...entry, content: '[]\n' } : entry,
        ),
      "sbom.cdx.json isn't the one of the manifest",
    ],
    [
      'with a part of another size',
      (entries) =>
        entries.map((entry) =>
          entry.name.startsWith('parts/') ? { ...entry, content: 'short' } : entry,
        ),
      'has 5 bytes',
    ],
  ])('%s', async (_, changeEntries, message) => {
    const { path } = await tinyRelease({ changeEntries });
    expect(await problemOf(path)).toEqual(damaged(message));
  });

  it('with control characters in a name, which the message shows escaped', async () => {
    const { path } = await tinyRelease({
      changeEntries: (entries) => [...entries, { name: '\x1B[2Jx' }],
    });
    expect(await problemOf(path)).toEqual(damaged(String.raw`"\u001b[2Jx"`));
  });

  it('that does not exist, with the error of the file system', async () => {
    expect(existsSync('/nonexistent/release.tar')).toBe(false);
    await expect(verifyRelease('/nonexistent/release.tar')).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe('a file is refused', () => {
  it.each<[string, (path: string, bytes: Buffer) => void]>([
    [
      'that is cut in the middle',
      (path, { length }) => {
        truncateSync(path, length >> 1);
      },
    ],
    [
      'that is cut before its part',
      (path, bytes) => {
        truncateSync(path, Math.floor(bytes.lastIndexOf('parts/') / 512) * 512);
      },
    ],
    [
      'that is empty',
      (path) => {
        truncateSync(path);
      },
    ],
    [
      'with one other byte in its part',
      (path, bytes) => {
        flip(path, bytes, bytes.lastIndexOf('parts/') + 512 + 30);
      },
    ],
    [
      'with one other byte in its manifest',
      (path, bytes) => {
        flip(path, bytes, bytes.indexOf('"sha256"') + 12);
      },
    ],
    [
      'of something else',
      (path) => {
        writeFileSync(path, 'a'.repeat(4096));
      },
    ],
  ])('%s', async (_, change) => {
    const { path } = await tinyRelease();
    change(path, readFileSync(path));
    expect(await problemOf(path)).toEqual(damaged('The release'));
  });
});

function flip(path: string, bytes: Buffer, at: number): void {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

describe('a signature', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const trusted = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
  const signed = (serialized: Buffer) => sign(null, serialized, privateKey);

  it('of a trusted key is accepted', async () => {
    const { path } = await tinyRelease({ sign: signed });
    expect(await problemOf(path, { trustedKeys: [other.toString(), trusted] })).toBeUndefined();
  });

  it.each<[string, Parameters<typeof tinyRelease>[0], string]>([
    ['that is missing', {}, 'is not signed'],
    [
      'of another manifest',
      { sign: () => signed(Buffer.from('{}')) },
      'none of the 1 trusted keys',
    ],
    ['that is cut', { sign: (serialized) => signed(serialized).subarray(1) }, 'none of the 1'],
    ['that is empty', { sign: () => Buffer.alloc(0) }, 'none of the 1 trusted keys'],
  ])('%s is refused', async (_, options, message) => {
    const { path } = await tinyRelease(options);
    expect(await problemOf(path, { trustedKeys: [trusted] })).toMatchObject({
      code: 'ERR_DEPLOY_RELEASE_UNTRUSTED',
      message: expect.stringContaining(message) as string,
    });
  });

  it('of a key that is not trusted is refused', async () => {
    const { path } = await tinyRelease({ sign: signed });
    expect(await problemOf(path, { trustedKeys: [other.toString()] })).toMatchObject({
      code: 'ERR_DEPLOY_RELEASE_UNTRUSTED',
    });
  });

  it('is refused when no key is trusted', async () => {
    const { path } = await tinyRelease({ sign: signed });
    expect(await problemOf(path, { trustedKeys: [] })).toMatchObject({
      code: 'ERR_DEPLOY_RELEASE_UNTRUSTED',
    });
  });

  it('is not checked with something else than Ed25519 public keys', async () => {
    const { path } = await tinyRelease({ sign: signed });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const pem = rsa.export({ type: 'spki', format: 'pem' }).toString();
    for (const key of ['not a key', pem]) {
      expect(await problemOf(path, { trustedKeys: [key] })).toMatchObject({
        code: 'ERR_DEPLOY_INVALID_OPTION',
        message: expect.stringContaining('Option trustedKeys[0]') as string,
      });
    }
  });
});
