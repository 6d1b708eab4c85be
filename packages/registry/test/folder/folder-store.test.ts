import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { folderStore, ModelRegistry, RegistryError } from '@fairlead/registry';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeObjectStore } from '../store/object-store-behavior.ts';
import { describeWindowStore } from '../store/window-store-behavior.ts';
import { temporaryFolder } from '@fairlead/test-support';
import { digits, rejection } from '../support/sample-registry.ts';

describeObjectStore('folder store', () => folderStore(temporaryFolder()));
describeWindowStore('folder', () => folderStore(temporaryFolder({ inMemory: true })));

const limits = { maxBytes: 1000 };

/** Root ignores permissions: run the rest of the test as another account. */
function withoutPrivileges(): void {
  if (process.getuid?.() !== 0) return;
  process.seteuid?.(65534);
  onTestFinished(() => process.seteuid?.(0));
}

describe('the folder', () => {
  test('is rejected when it is missing, and created with `create`', () => {
    const path = join(temporaryFolder(), 'deep', 'store');
    expect(() => folderStore(path)).toThrow(
      expect.objectContaining({ code: 'ERR_REGISTRY_STORE_NOT_FOUND' }),
    );
    expect(() => folderStore(path)).toThrow(`cannot open the registry folder ${path} (ENOENT): `);
    expect(folderStore(path, { create: true }).location).toBe(path);
    expect(statSync(path).isDirectory()).toBe(true);
    expect(folderStore(path, { create: true }).location).toBe(path);
  });

  test('is rejected when it is a file', () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    for (const options of [{}, { create: true }]) {
      expect(() => folderStore(path, options)).toThrow(RegistryError);
    }
    expect(() => folderStore(path)).toThrow(
      expect.objectContaining({ code: 'ERR_REGISTRY_STORE_NOT_A_FOLDER' }),
    );
  });

  test('that is read-only is read, and rejects writes', async () => {
    const path = temporaryFolder();
    const store = folderStore(path);
    await store.create('f/key', Buffer.from('data'));
    chmodSync(path, 0o755);
    withoutPrivileges();
    makeReadOnly(path);
    makeReadOnly(join(path, '.tmp'));
    await expect(store.create('f/other', Buffer.from('x'))).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_DENIED',
      message: expect.stringContaining(path) as unknown,
      cause: expect.objectContaining({ code: 'EACCES' }) as unknown,
    });
    expect(await store.size('f/key')).toBe(4);
  });

  test('is rejected when this user may not read it', () => {
    const path = join(temporaryFolder(), 'closed', 'store');
    mkdirSync(path, { recursive: true });
    chmodSync(join(path, '..'), 0o000);
    withoutPrivileges();
    expect(() => folderStore(path)).toThrow(
      expect.objectContaining({ code: 'ERR_REGISTRY_STORE_DENIED' }),
    );
  });

  test('that is removed is an error, not an empty registry, and is found again', async () => {
    const path = join(temporaryFolder(), 'store');
    const store = folderStore(path, { create: true });
    await store.create('key', Buffer.from('data'));
    renameSync(path, `${path}-away`);
    const gone = { code: 'ERR_REGISTRY_STORE_NOT_FOUND' };
    await expect(store.read('key', limits)).rejects.toMatchObject(gone);
    await expect(store.size('key')).rejects.toMatchObject(gone);
    await expect(store.list('models')).rejects.toMatchObject(gone);
    await expect(store.create('other', Buffer.from('x'))).rejects.toMatchObject(gone);
    expect(existsSync(path)).toBe(false);
    renameSync(`${path}-away`, path);
    expect(await store.size('key')).toBe(4);
    expect(await store.create('other', Buffer.from('x'))).toBe(true);
  });

  test('may be a symbolic link', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    const store = folderStore(join(folder, 'link'));
    await store.create('a/key', Buffer.from('x'));
    expect(existsSync(join(folder, 'real/a/key'))).toBe(true);
  });
});

describe('an entry of the folder', () => {
  test('is read-only for all users, so that nothing changes it by mistake', async () => {
    const path = temporaryFolder();
    await folderStore(path).create('a/key', Buffer.from('x'));
    expect(statSync(join(path, 'a/key')).mode & 0o222).toBe(0);
  });

  test('leaves no temporary file when a write wins, loses or fails', async () => {
    const path = temporaryFolder();
    const store = folderStore(path);
    await store.create('key', Buffer.from('x'));
    await store.create('key', Buffer.from('y'));
    await rejection(
      store.create('other', async function* () {
        yield await Promise.resolve(Buffer.from('half'));
        throw new Error('stop');
      }),
    );
    expect(readdirSync(join(path, '.tmp'))).toEqual([]);
  });

  test('that is a symbolic link is neither read, listed, nor written through', async () => {
    const path = temporaryFolder();
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'secret'), 'secret');
    const store = folderStore(path);
    await store.create('a/key', Buffer.from('x'));
    symlinkSync(join(outside, 'secret'), join(path, 'a/link'));
    symlinkSync(outside, join(path, 'b'));
    const foreign = { code: 'ERR_REGISTRY_STORE_FOREIGN' };
    await expect(store.read('a/link', limits)).rejects.toMatchObject(foreign);
    await expect(store.size('a/link')).rejects.toMatchObject(foreign);
    await expect(store.read('b/secret', limits)).rejects.toMatchObject(foreign);
    await expect(store.list('b')).rejects.toMatchObject(foreign);
    await expect(store.create('b/new', Buffer.from('x'))).rejects.toMatchObject(foreign);
    await expect(store.create('b/c/new', Buffer.from('x'))).rejects.toMatchObject(foreign);
    expect(await store.create('a/link', Buffer.from('x'))).toBe(false);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await store.list('')).toEqual([{ name: 'a', kind: 'folder' }]);
    expect(await store.list('a')).toEqual([{ name: 'key', kind: 'object' }]);
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  test('that is a folder, a pipe or a socket in place of an object is rejected', async () => {
    const path = temporaryFolder();
    const store = folderStore(path);
    mkdirSync(join(path, 'a/folder'), { recursive: true });
    const makePipe = 'mkfifo';
    execFileSync(makePipe, [join(path, 'a/pipe')]);
    const server = createServer().listen(join(path, 'a/socket'));
    onTestFinished(() => {
      server.close();
    });
    await once(server, 'listening');
    const foreign = { code: 'ERR_REGISTRY_STORE_FOREIGN' };
    await expect(store.read('a/folder', limits)).rejects.toMatchObject(foreign);
    await expect(store.read('a/pipe', limits)).rejects.toMatchObject(foreign);
    await expect(store.read('a/socket', limits)).rejects.toMatchObject(foreign);
    expect((await store.list('a')).map(({ name }) => name)).toEqual(['folder']);
    expect(await store.create('a/folder', Buffer.from('x'))).toBe(false);
  });

  test('that is a file in place of a folder is rejected when writing', async () => {
    const path = temporaryFolder();
    const store = folderStore(path);
    writeFileSync(join(path, 'a'), '');
    expect(await store.read('a/key', limits)).toBeUndefined();
    await expect(store.create('a/key', Buffer.from('x'))).rejects.toMatchObject({
      code: 'ERR_REGISTRY_STORE_NOT_A_FOLDER',
    });
  });
});

describe('a temporary file of a killed write', () => {
  test('is swept when it is stale, and not before', async () => {
    const path = temporaryFolder();
    const store = folderStore(path);
    await store.create('a/key', Buffer.from('data'));
    // Killed while it wrote, and killed between the link and the removal of its temporary name.
    writeFileSync(join(path, '.tmp/half'), 'half');
    linkSync(join(path, 'a/key'), join(path, '.tmp/linked'));
    writeFileSync(join(path, '.tmp/running'), 'running');
    const yesterday = Date.now() / 1000 - 86_400;
    utimesSync(join(path, '.tmp/half'), yesterday, yesterday);
    utimesSync(join(path, '.tmp/linked'), yesterday, yesterday);
    expect(await store.sweep(3_600_000)).toBe(2);
    expect(readdirSync(join(path, '.tmp'))).toEqual(['running']);
    expect(await store.size('a/key')).toBe(4);
  });

  test('is swept by the first push of a registry', async () => {
    const path = temporaryFolder();
    const store = folderStore(path);
    await store.create('a/key', Buffer.from('x'));
    writeFileSync(join(path, '.tmp/old'), 'half');
    const lastWeek = Date.now() / 1000 - 7 * 86_400;
    utimesSync(join(path, '.tmp/old'), lastWeek, lastWeek);
    await new ModelRegistry({ store }).push(digits());
    expect(readdirSync(join(path, '.tmp'))).toEqual([]);
  });

  test('does not hinder the next write', async () => {
    const path = temporaryFolder();
    const store = folderStore(path);
    mkdirSync(join(path, 'models/digits/versions'), { recursive: true });
    writeFileSync(join(path, 'models/stray'), 'x');
    expect(await store.create('models/digits/versions/1', Buffer.from('x'))).toBe(true);
  });
});

function makeReadOnly(folder: string): void {
  // Files of root are read-only for the account of the test anyway.
  if (statSync(folder).uid !== process.geteuid?.()) return;
  chmodSync(folder, 0o555);
  onTestFinished(() => {
    chmodSync(folder, 0o755);
  });
}
