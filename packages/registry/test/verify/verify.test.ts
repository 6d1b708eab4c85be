import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { folderStore } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withDigest } from '../support/with-digest.ts';
import { digits, temporaryFolder, temporaryRegistry } from '../support/sample-registry.ts';

/** Replaces a file of the store, which is read-only. */
function replaceFile(path: string, change: (bytes: Buffer) => Buffer | string): void {
  const bytes = readFileSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, change(bytes));
}

async function filledRegistry() {
  const opened = temporaryRegistry();
  const { registry } = opened;
  for (const content of ['one', 'two', 'three'])
    await registry.push(digits(content, { modelCard: 'Digits – ok' }));
  for (const version of [1, 2, 3]) {
    await registry.setAlias('digits', 'champion', version, { actor: 'ada', reason: 'because' });
  }
  return opened;
}

const manifestPath = 'models/digits/versions/00000002.json';
const entryPath = 'models/digits/aliases/champion/00000002.json';

describe('verify', () => {
  test('counts the objects of an intact registry', async () => {
    const { registry } = await filledRegistry();
    expect(await verifyRegistry(registry.store)).toEqual({
      ok: true,
      problems: [],
      manifests: 3,
      aliasEntries: 3,
      events: 0,
      documents: 0,
      signatures: 0,
      blobs: 3,
      blobBytes: 11,
    });
    expect(await verifyRegistry(temporaryRegistry().registry.store)).toMatchObject({
      ok: true,
      manifests: 0,
    });
  });

  test('finds any flipped bit in any object, and reports its key', async () => {
    const { folder } = await filledRegistry();
    const objects = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      statSync(join(folder, path)).isFile(),
    );
    expect(objects).toHaveLength(9);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...objects),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(7),
        async (object, where, bit) => {
          const copy = temporaryFolder();
          cpSync(folder, copy, { recursive: true });
          replaceFile(join(copy, object), (bytes) => {
            const index = Math.floor(where * bytes.length);
            bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
            return bytes;
          });
          const report = await verifyRegistry(folderStore(copy));
          expect(report.ok).toBe(false);
          expect(report.problems.map(({ key }) => key)).toContain(object);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('finds a missing blob, and reports the version that needs it', async () => {
    const { registry, folder } = await filledRegistry();
    const { manifest } = await registry.openVersion('digits', 2);
    const key = `blobs/sha256/${manifest.files[0]?.sha256 ?? ''}`;
    rmSync(join(folder, key));
    expect((await verifyRegistry(registry.store)).problems).toEqual([
      {
        key,
        code: 'ERR_REGISTRY_CORRUPT',
        message: expect.stringContaining(
          `is missing, and "model.onnx" of ${manifestPath} needs it`,
        ) as unknown,
      },
    ]);
  });

  test('finds a missing or replaced manifest', async () => {
    const { registry, folder } = await filledRegistry();
    replaceFile(join(folder, manifestPath), (bytes) =>
      withDigest(bytes.toString().replace('Digits – ok', 'Digits – OK')),
    );
    const exchanged = await verifyRegistry(registry.store);
    expect(exchanged.problems).toMatchObject([{ key: entryPath, code: 'ERR_REGISTRY_CORRUPT' }]);
    await expect(registry.rollback('digits', 'champion', { actor: 'ada' })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_CORRUPT',
    });
    rmSync(join(folder, manifestPath));
    const missing = await verifyRegistry(registry.store);
    expect(missing.problems.map(({ key }) => key)).toEqual([manifestPath, entryPath]);
  });

  test('finds a missing or replaced entry', async () => {
    const { registry, folder } = await filledRegistry();
    replaceFile(join(folder, entryPath), (bytes) =>
      withDigest(bytes.toString().replace('because', 'no reason')),
    );
    const next = entryPath.replace('2.json', '3.json');
    expect((await verifyRegistry(registry.store)).problems).toMatchObject([{ key: next }]);
    await expect(registry.history('digits', 'champion')).rejects.toThrow('does not continue');
    rmSync(join(folder, entryPath));
    expect((await verifyRegistry(registry.store)).problems).toMatchObject([{ key: next }]);
    await expect(registry.history('digits', 'champion')).rejects.toThrow('entry 2 is missing');
    rmSync(join(folder, entryPath.replace('2.json', '1.json')));
    expect((await verifyRegistry(registry.store)).ok).toBe(false);
  });

  test('finds records that were copied to the key of others', async () => {
    const { registry, folder } = await filledRegistry();
    const at = (path: string): string => join(folder, path);
    renameSync(at(manifestPath), at(manifestPath.replace('2.json', '4.json')));
    renameSync(at(entryPath), at(entryPath.replace('2.json', '4.json')));
    const keys = (await verifyRegistry(registry.store)).problems.map(({ key }) => key);
    expect(keys).toEqual(
      expect.arrayContaining([
        manifestPath,
        manifestPath.replace('2.json', '4.json'),
        entryPath.replace('2.json', '4.json'),
      ]),
    );
    await expect(registry.openVersion('digits', 4)).rejects.toThrow('it was copied from there');
  });

  test('fails during an outage, and reports no damage', async () => {
    const { registry, folder } = await filledRegistry();
    renameSync(folder, `${folder}-away`);
    await expect(verifyRegistry(registry.store)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_NOT_FOUND',
    });
    renameSync(`${folder}-away`, folder);
    expect((await verifyRegistry(registry.store)).ok).toBe(true);
  });
});

describe('a damaged artifact', () => {
  async function damaged(change: (bytes: Buffer) => Buffer | string) {
    const { registry, folder, store } = temporaryRegistry();
    await registry.push(digits('the weights'));
    const { manifest, read } = await registry.openVersion('digits', 1);
    const blob = join(folder, 'blobs/sha256', manifest.files[0]?.sha256 ?? '');
    replaceFile(blob, change);
    return { registry, folder, store, read, blob };
  }

  test('is rejected when a byte of it is flipped', async () => {
    const { read } = await damaged((bytes) => bytes.fill(0x58, 4, 5));
    await expect(read('model.onnx')).rejects.toMatchObject({
      code: 'ERR_REGISTRY_CORRUPT',
      message: expect.stringContaining('is damaged') as unknown,
    });
  });

  test('is rejected when it is longer or shorter, before memory is allocated', async () => {
    const longer = await damaged((bytes) => `${bytes.toString()}!`);
    await expect(longer.read('model.onnx')).rejects.toThrow('has 12 bytes instead of 11');
    const shorter = await damaged(() => '');
    await expect(shorter.read('model.onnx')).rejects.toThrow('has 0 bytes instead of 11');
  });

  test('is not accepted as the same content by a later push, whose error has the fix', async () => {
    const { registry, blob } = await damaged((bytes) => bytes.fill(0x58, 4, 5));
    const again = digits('the weights', { model: 'other' });
    await expect(registry.push(again)).rejects.toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
    expect(await registry.listModels()).toHaveLength(1);
    rmSync(blob);
    await registry.push(again);
    expect((await verifyRegistry(registry.store)).ok).toBe(true);
  });
});

describe('a manifest', () => {
  async function withManifest(change: (text: string) => string) {
    const { registry, folder } = temporaryRegistry();
    await registry.push(digits());
    const path = join(folder, 'models/digits/versions/00000001.json');
    replaceFile(path, (bytes) => change(bytes.toString()));
    return registry;
  }
  const set = (field: string, json: string) => (text: string) =>
    withDigest(text.replace(/^\{/, `{\n  ${JSON.stringify(field)}: ${json},`));

  test.each<[string, (text: string) => string, string]>([
    ['empty', () => '', 'ERR_REGISTRY_CORRUPT'],
    ['not JSON', () => 'PK\u0003\u0004', 'ERR_REGISTRY_CORRUPT'],
    [
      'valid by its digest, but not JSON',
      () => withDigest('{{,\n  "seal"'),
      'ERR_REGISTRY_CORRUPT',
    ],
    ['without a digest', (text) => text.replace(/,\n {2}"seal".*/, ''), 'ERR_REGISTRY_CORRUPT'],
    ['cut off', (text) => text.slice(0, 100), 'ERR_REGISTRY_CORRUPT'],
    [
      'of another model',
      (text) => withDigest(text.replace('"digits"', '"other"')),
      'ERR_REGISTRY_CORRUPT',
    ],
    [
      'of a later format',
      (text) => withDigest(text.replace('"formatVersion": 1', '"formatVersion": 2')),
      'ERR_REGISTRY_UNSUPPORTED_FORMAT',
    ],
    [
      'with a path that climbs',
      (text) => withDigest(text.replace('"model.onnx"', '"../../model.onnx"')),
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    [
      'with a hash that climbs',
      (text) => withDigest(text.replace(/"sha256": "[^"]*"/, '"sha256": "../../../etc/passwd"')),
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    [
      'with a size below zero',
      (text) => withDigest(text.replace('"size": 7', '"size": -7')),
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    [
      'with an unknown runtime',
      (text) => withDigest(text.replace('"onnx"', '"cobol"')),
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    [
      'with an unknown datatype',
      (text) => withDigest(text.replace('"FP32"', '"FP1"')),
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    [
      'nested too deep',
      (text) =>
        withDigest(
          text.replace(
            '"runtime": {',
            `"baseline": ${'['.repeat(200_000)}${']'.repeat(200_000)},\n  "runtime": {`,
          ),
        ),
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    [
      'nested too deep beside an integer beyond 2^53',
      (text) =>
        withDigest(
          text.replace(
            '"runtime": {',
            `"number": 12345678901234567890, "baseline": ${'['.repeat(200_000)}${']'.repeat(200_000)},\n  "runtime": {`,
          ),
        ),
      'ERR_REGISTRY_INVALID_MANIFEST',
    ],
    [
      'huge',
      (text) => set('padding', JSON.stringify('x'.repeat(17 * 2 ** 20)))(text),
      'ERR_REGISTRY_TOO_LARGE',
    ],
  ])('that is %s is rejected, and does not hide other models', async (_what, change, code) => {
    const registry = await withManifest(change);
    await expect(registry.openVersion('digits', 1)).rejects.toMatchObject({ code });
    await expect(
      registry.setAlias('digits', 'champion', 1, { actor: 'ada' }),
    ).rejects.toMatchObject({ code });
    await registry.push(digits('fine', { model: 'other' }));
    expect((await registry.listModels()).map(({ model }) => model)).toEqual(['digits', 'other']);
    const { problems } = await verifyRegistry(registry.store);
    expect(problems[0]).toMatchObject({ code, key: 'models/digits/versions/00000001.json' });
  });

  test('with a wrong size is rejected before memory is allocated', async () => {
    const registry = await withManifest((text) =>
      withDigest(text.replace('"size": 7', '"size": 9007199254740991')),
    );
    const { read } = await registry.openVersion('digits', 1);
    await expect(read('model.onnx')).rejects.toThrow('has 7 bytes instead of 9007199254740991');
    expect((await verifyRegistry(registry.store)).ok).toBe(false);
  });

  test('may have fields of later releases, which stay and have no effect', async () => {
    const registry = await withManifest((text) =>
      withDigest(
        text
          .replace(
            /^\{/,
            '{\n  "approvals": [{"by": "eve", "id": 12345678901234567890}],\n  "__proto__": {"polluted": true},',
          )
          .replace('"lineage": {', '"lineage": {"notebook": "a.ipynb"'),
      ),
    );
    const { manifest } = await registry.openVersion('digits', 1);
    expect(manifest).toMatchObject({
      approvals: [{ by: 'eve', id: 12345678901234567890n }],
      lineage: { notebook: 'a.ipynb' },
    });
    expect(manifest).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
    expect((await verifyRegistry(registry.store)).ok).toBe(true);
  });
});
