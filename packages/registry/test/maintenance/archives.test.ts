import {
  backupRegistry,
  collectGarbage,
  drillRestore,
  exportModels,
  importModels,
  pruneVersions,
  restoreRegistry,
  verifyRegistry,
} from '@fairlead/registry/maintenance';
import { createHash, randomBytes } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  folderStore,
  generateSigningKey,
  ModelRegistry,
  type ObjectStore,
  RegistryError,
} from '@fairlead/registry';
import { extract, pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { digits, temporaryFolder, temporaryRegistry } from '../support/sample-registry.ts';
import { readTree } from '@fairlead/test-support';

const actor = 'ada';
const invalid = { code: 'ERR_REGISTRY_ARCHIVE_INVALID' };

/** A registry with versions, a history, events, a document and a pruned version. */
async function livedIn() {
  const made = temporaryRegistry();
  const { registry, store } = made;
  for (const content of ['1', '2', '3']) await registry.push(digits(content));
  await registry.push(digits('wine', { model: 'wine' }));
  await registry.setAlias('digits', 'champion', 2, { actor });
  await registry.setAlias('digits', 'champion', 3, { actor, reason: 'better' });
  await registry.rollback('digits', 'champion', { actor });
  await registry
    .model('digits')
    .version(3)
    .measure({
      actor,
      name: 'p99Ms',
      value: 3,
      documents: { 'report.txt': Buffer.from('all well') },
    });
  await registry
    .model('digits')
    .version(2)
    .sign({ privateKey: generateSigningKey().privateKey, actor });
  await pruneVersions(store, 'digits', { keepLast: 1, actor });
  await collectGarbage(store, { graceMs: 0 });
  return made;
}

interface TarFile {
  readonly name: string;
  readonly body?: string | Buffer;
  readonly type?: 'file' | 'symlink' | 'link' | 'directory' | 'fifo';
  readonly linkname?: string;
}

async function writeTarFile(path: string, files: readonly TarFile[]): Promise<string> {
  const tar = pack();
  for (const { body = '', ...header } of files) tar.entry(header, body);
  tar.finalize();
  await pipeline(tar, createWriteStream(path));
  return path;
}

async function readTarFile(path: string): Promise<TarFile[]> {
  const tar = extract();
  tar.end(readFileSync(path));
  const files: TarFile[] = [];
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.push({ name: entry.header.name, body: Buffer.concat(chunks) });
  }
  return files;
}

const end = (objects: number): TarFile => ({
  name: 'fairlead-archive.json',
  body: JSON.stringify({ formatVersion: 1, objects }),
});

describe('export and import', () => {
  test.each(['models.tar', 'copy'])('copies models byte for byte through %s', async (name) => {
    const { folder, store } = await livedIn();
    const to = join(temporaryFolder(), name);
    const steps: string[] = [];
    const { objects } = await exportModels(store, to, {
      onProgress: (done, total) => steps.push(`${done}/${total}`),
    });
    expect(objects).toBe(Object.keys(readTree(folder)).length);
    expect(steps.at(-1)).toBe(`${objects}/${objects}`);
    const target = temporaryRegistry();
    const report = await importModels(target.store, to);
    expect(report).toEqual({
      dryRun: false,
      models: ['digits', 'wine'],
      versions: 4,
      created: objects,
      unchanged: 0,
    });
    expect(readTree(target.folder)).toEqual(readTree(folder));
    expect((await verifyRegistry(target.registry.store)).problems).toEqual([]);
    expect(await importModels(target.store, to)).toMatchObject({ created: 0, unchanged: objects });
    // The histories go on where they were.
    await target.registry.setAlias('digits', 'champion', 3, { actor });
    expect((await verifyRegistry(target.registry.store)).problems).toEqual([]);
  });

  test('writes the same file for the same objects', async () => {
    const { store } = await livedIn();
    const folder = temporaryFolder();
    const [a, b] = [join(folder, 'a.tar'), join(folder, 'b.tar')];
    await exportModels(store, a);
    await exportModels(store, b);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  });

  test('imports the named models beside existing ones', async () => {
    const { store } = await livedIn();
    const file = join(temporaryFolder(), 'wine.tar');
    await exportModels(store, file, { models: ['wine'] });
    const target = temporaryRegistry();
    await target.registry.push(digits('mine'));
    await importModels(target.store, file);
    expect((await target.registry.listModels()).map(({ model }) => model)).toEqual([
      'digits',
      'wine',
    ]);
    expect((await verifyRegistry(target.registry.store)).ok).toBe(true);
    await expect(
      exportModels(store, join(temporaryFolder(), 'x.tar'), { models: ['none'] }),
    ).rejects.toMatchObject({ code: 'ERR_REGISTRY_MODEL_NOT_FOUND' });
  });

  test('an export of a later state can be imported after an earlier one', async () => {
    const { store, registry, folder } = await livedIn();
    const target = temporaryFolder();
    await exportModels(store, target);
    await registry.push(digits('4'));
    await registry.setAlias('digits', 'champion', 4, { actor });
    await exportModels(store, target);
    expect(readTree(target)).toEqual(readTree(folder));
  });

  test('rejects another history of the same model, and changes nothing', async () => {
    const { store } = await livedIn();
    const file = join(temporaryFolder(), 'models.tar');
    await exportModels(store, file);
    const target = temporaryRegistry();
    await target.registry.push(digits('mine'));
    const before = readTree(target.folder);
    await expect(importModels(target.store, file)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_ARCHIVE_CONFLICT',
    });
    expect(readTree(target.folder)).toEqual(before);
  });

  test('a dry run writes nothing', async () => {
    const { store } = await livedIn();
    const file = join(temporaryFolder(), 'models.tar');
    const { objects } = await exportModels(store, file);
    const target = temporaryRegistry();
    expect(await importModels(target.store, file, { dryRun: true })).toMatchObject({
      dryRun: true,
      created: objects,
    });
    expect(readTree(target.folder)).toEqual({});
  });

  test('never overwrites a file, and leaves no incomplete one', async () => {
    const { store } = await livedIn();
    const folder = temporaryFolder();
    const file = join(folder, 'models.tar');
    writeFileSync(file, 'mine');
    const conflict = { code: 'ERR_REGISTRY_ARCHIVE_CONFLICT' };
    const noTar = join(folder, 'models.bak');
    writeFileSync(noTar, 'mine too');
    let read = 0;
    const onProgress = () => (read += 1);
    for (const dryRun of [false, true]) {
      for (const taken of [file, noTar]) {
        const write = exportModels(store, taken, { dryRun, onProgress });
        await expect(write, taken).rejects.toMatchObject(conflict);
      }
      const missing = exportModels(store, join(folder, 'no/such.tar'), { dryRun });
      await expect(missing).rejects.toMatchObject({ code: 'ERR_REGISTRY_INVALID_OPTION' });
    }
    // An existing file is detected before anything is read.
    expect(read).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(readFileSync(noTar, 'utf8')).toBe('mine too');
    expect(readdirSync(folder).sort()).toEqual(['models.bak', 'models.tar']);
  });

  test('a store that fails in the middle of an object fails the export, and leaves no incomplete file', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('', { files: { 'model.onnx': randomBytes(300_000) } }));
    const gone = new RegistryError('ERR_REGISTRY_STORE_UNAVAILABLE', 'the disk was removed');
    const failing: ObjectStore = {
      ...store,
      async *stream(key) {
        for await (const chunk of store.stream(key)) {
          yield chunk;
          if (key.startsWith('blobs/')) throw gone;
        }
      },
    };
    const folder = temporaryFolder();
    await expect(exportModels(failing, join(folder, 'models.tar'))).rejects.toBe(gone);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('reports that the export does not exist', async () => {
    await expect(
      importModels(temporaryRegistry().store, '/nowhere/models.tar'),
    ).rejects.toMatchObject({ code: 'ERR_REGISTRY_SOURCE_UNREADABLE' });
  });

  test('an export that is truncated at any position is rejected', async () => {
    const { store } = await livedIn();
    const folder = temporaryFolder();
    const whole = join(folder, 'whole.tar');
    await exportModels(store, whole);
    const bytes = readFileSync(whole);
    const target = temporaryRegistry();
    for (const length of [
      0,
      1,
      511,
      512,
      1000,
      1024,
      5120,
      bytes.length - 2048,
      bytes.length - 1024 - 1,
    ]) {
      const cut = join(folder, `${length}.tar`);
      writeFileSync(cut, bytes.subarray(0, length));
      await expect(importModels(target.store, cut), String(length)).rejects.toMatchObject(invalid);
    }
    expect(readTree(target.folder)).toEqual({});
  });

  test('a flipped byte at any position of an object is rejected', async () => {
    const { store } = await livedIn();
    const folder = temporaryFolder();
    const whole = join(folder, 'whole.tar');
    await exportModels(store, whole);
    const files = await readTarFile(whole);
    const target = temporaryRegistry();
    for (const [index, { name, body }] of files.entries()) {
      const damaged = Buffer.from(body ?? '');
      damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 1;
      const file = await writeTarFile(join(folder, `${index}.tar`), [
        ...files.slice(0, index),
        { name, body: damaged },
        ...files.slice(index + 1),
      ]);
      await expect(importModels(target.store, file), name).rejects.toThrow();
    }
    expect(readTree(target.folder)).toEqual({});
  });

  test('a missing object of any kind is rejected', async () => {
    const { store } = await livedIn();
    const folder = temporaryFolder();
    const whole = join(folder, 'whole.tar');
    await exportModels(store, whole);
    const files = (await readTarFile(whole)).slice(0, -1);
    const target = temporaryRegistry();
    for (const [index, { name }] of files.entries()) {
      const rest = files.filter((_, other) => other !== index);
      const file = join(folder, `${index}.tar`);
      await writeTarFile(file, [...rest, end(files.length)]);
      await expect(importModels(target.store, file), name).rejects.toMatchObject(invalid);
    }
    expect(readTree(target.folder)).toEqual({});
  });

  const sha = createHash('sha256').update('x').digest('hex');
  const hostile: readonly (readonly [string, readonly TarFile[]])[] = [
    ['climbs out', [{ name: '../outside', body: 'x' }]],
    ['climbs out by a model', [{ name: 'models/../../outside/00000001.json', body: 'x' }]],
    ['is absolute', [{ name: '/tmp/outside', body: 'x' }]],
    ['has a foreign file', [{ name: 'README.md', body: 'x' }]],
    ['has a hidden file', [{ name: '.tmp/x', body: 'x' }]],
    ['has a claim', [{ name: 'claims/a.json', body: 'x' }]],
    [
      'has a symbolic link',
      [{ name: `blobs/sha256/${sha}`, type: 'symlink', linkname: '/etc/passwd' }],
    ],
    ['has a hard link', [{ name: `blobs/sha256/${sha}`, type: 'link', linkname: '/etc/passwd' }]],
    ['has a pipe', [{ name: `blobs/sha256/${sha}`, type: 'fifo' }]],
    ['has a blob of other bytes', [{ name: `blobs/sha256/${sha}`, body: 'y' }]],
    [
      'has a blob twice',
      [
        { name: `blobs/sha256/${sha}`, body: 'x' },
        { name: `blobs/sha256/${sha}`, body: 'x' },
      ],
    ],
    ['has an unsealed manifest', [{ name: 'models/a/versions/00000001.json', body: '{}' }]],
    [
      'has a huge manifest',
      [{ name: 'models/a/versions/00000001.json', body: Buffer.alloc(17 * 2 ** 20) }],
    ],
    ['has a record number 0', [{ name: 'models/a/versions/00000000.json', body: '{}' }]],
    ['names a model in capitals', [{ name: 'models/A/versions/00000001.json', body: '{}' }]],
    ['has a NUL in a name', [{ name: 'models/a\0/versions/00000001.json', body: '{}' }]],
  ];

  test.each(hostile)('an archive that %s is rejected, and nothing is written', async (_, files) => {
    const folder = temporaryFolder();
    const target = temporaryRegistry();
    const file = await writeTarFile(join(folder, 'hostile.tar'), [...files, end(files.length)]);
    const before = readdirSync(folder);
    await expect(importModels(target.store, file)).rejects.toMatchObject(invalid);
    expect(readTree(target.folder)).toEqual({});
    expect(readdirSync(folder)).toEqual(before);
    expect(existsSync('/tmp/outside')).toBe(false);
  });

  test('a header with a wrong size is rejected before memory is allocated', async () => {
    const folder = temporaryFolder();
    const file = await writeTarFile(join(folder, 'lie.tar'), [
      { name: `blobs/sha256/${sha}`, body: 'x' },
    ]);
    const bytes = readFileSync(file);
    // 8 EiB in the size's base-256 form, with the checksum to match.
    bytes.fill(0, 124, 136);
    bytes[124] = 0x80;
    bytes[129] = 0x7f;
    bytes.fill(' ', 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    writeFileSync(file, bytes);
    const target = temporaryRegistry();
    await expect(importModels(target.store, file)).rejects.toMatchObject(invalid);
    expect(readTree(target.folder)).toEqual({});
  });

  test.each([
    ['compressed', Buffer.from('1f8b0800000000000003', 'hex')],
    ['text', Buffer.alloc(2000, 'not a tar file ')],
    ['nothing at all', Buffer.alloc(0)],
  ])('a file that is %s is rejected', async (_, bytes) => {
    const file = join(temporaryFolder(), 'x.tar');
    writeFileSync(file, bytes);
    await expect(importModels(temporaryRegistry().store, file)).rejects.toMatchObject(invalid);
  });

  test('an archive with data after its end is rejected', async () => {
    const file = join(temporaryFolder(), 'x.tar');
    await writeTarFile(file, [end(0), { name: `blobs/sha256/${sha}`, body: 'x' }]);
    await expect(importModels(temporaryRegistry().store, file)).rejects.toMatchObject(invalid);
  });

  test('a newer format is distinguished from a damaged one', async () => {
    const file = join(temporaryFolder(), 'x.tar');
    const body = JSON.stringify({ formatVersion: 2, objects: 0 });
    await writeTarFile(file, [{ name: 'fairlead-archive.json', body }]);
    await expect(importModels(temporaryRegistry().store, file)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNSUPPORTED_FORMAT',
    });
  });

  test('a damaged copy of a blob in the store is reported, and not exported', async () => {
    const { store } = await livedIn();
    const file = join(temporaryFolder(), 'models.tar');
    await exportModels(store, file);
    const target = temporaryRegistry();
    const [blob] = await store.list('blobs/sha256');
    await target.store.create(`blobs/sha256/${blob?.name}`, Buffer.from('damaged'));
    await expect(importModels(target.store, file)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_CORRUPT',
    });
  });
});

describe('backup and restore', () => {
  test.each(['registry.tar', 'backup'])('restore all objects through %s', async (name) => {
    const { folder, store } = await livedIn();
    // Of a push that was interrupted.
    await store.create(
      `blobs/sha256/${createHash('sha256').update('x').digest('hex')}`,
      Buffer.from('x'),
    );
    const backup = join(temporaryFolder(), name);
    await backupRegistry(store, backup);
    const to = join(temporaryFolder(), 'new');
    const report = await restoreRegistry(backup, to);
    expect(report.verified).toMatchObject({ ok: true, problems: [] });
    expect(readTree(to)).toEqual(readTree(folder));
    expect(await restoreRegistry(backup, to)).toMatchObject({ created: 0 });
  });

  test('reject a restore over objects that the backup does not have', async () => {
    const { store, registry, folder } = await livedIn();
    const backup = join(temporaryFolder(), 'registry.tar');
    await backupRegistry(store, backup);
    await registry.push(digits('later'));
    await expect(restoreRegistry(backup, folder)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_ARCHIVE_CONFLICT',
    });
  });

  test('a drill restores byte for byte and leaves no files', async () => {
    const { folder, store } = await livedIn();
    const workFolder = temporaryFolder();
    const before = readTree(folder);
    const report = await drillRestore(store, { workFolder });
    const bytes = Object.values(before).reduce((sum, text) => sum + text.length, 0);
    expect(report).toMatchObject({ ok: true, differing: [], problems: [], bytes });
    expect(report.objects).toBe(Object.keys(before).length);
    // The promise of the documentation: less than two minutes for a registry such as this one.
    expect(report.backupMs + report.restoreMs).toBeLessThan(120_000);
    expect(readdirSync(workFolder)).toEqual([]);
    expect(readTree(folder)).toEqual(before);
  });

  test('a drill of a damaged registry fails', async () => {
    const { folder, store } = await livedIn();
    const [blob] = await store.list('blobs/sha256');
    const { chmodSync } = await import('node:fs');
    const file = join(folder, 'blobs/sha256', blob?.name ?? '');
    chmodSync(file, 0o644);
    truncateSync(file, 0);
    await expect(drillRestore(store, { workFolder: temporaryFolder() })).rejects.toMatchObject(
      invalid,
    );
  });

  test('an empty registry can be backed up and restored', async () => {
    const { store } = temporaryRegistry();
    const backup = join(temporaryFolder(), 'registry.tar');
    await backupRegistry(store, backup);
    const to = join(temporaryFolder(), 'new');
    await restoreRegistry(backup, to);
    expect(await new ModelRegistry({ store: folderStore(to) }).listModels()).toEqual([]);
  });
});
