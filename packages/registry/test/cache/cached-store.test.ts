import {
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cachedStore, folderStore, ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { describeObjectStore } from '../store/object-store-behavior.ts';
import { runProcess } from '../support/run-process.ts';
import { digits, temporaryFolder } from '../support/sample-registry.ts';

const by = { actor: 'ada' };
const champion = 'models/digits/aliases/champion';

describeObjectStore('cached store', () =>
  cachedStore(folderStore(temporaryFolder()), { folder: temporaryFolder() }),
);

/** A registry with versions of `bytes` bytes, and hosts that read it through a cache. */
async function hosts(versions = 2, bytes = 1000) {
  const folder = temporaryFolder();
  const origin = folderStore(folder);
  const registry = new ModelRegistry({ store: origin });
  for (let version = 1; version <= versions; version += 1) {
    await registry.push(digits('', { files: { 'model.onnx': Buffer.alloc(bytes, version) } }));
  }
  await registry.setAlias('digits', 'champion', 1, by);
  const cacheFolder = temporaryFolder();
  const calls: string[] = [];
  const counting: ObjectStore = {
    ...origin,
    read: (key, limits) => (calls.push(`read ${key}`), origin.read(key, limits)),
    stream: (key) => (calls.push(`stream ${key}`), origin.stream(key)),
  };
  const errors: unknown[] = [];
  return {
    folder,
    registry,
    cacheFolder,
    calls,
    errors,
    /** A host as it starts: it knows nothing but what is in its cache. */
    start: (maxBytes?: number) =>
      new ModelRegistry({
        store: cachedStore(counting, {
          folder: cacheFolder,
          onError: (error) => errors.push(error),
          ...(maxBytes !== undefined && { maxBytes }),
        }),
      }),
    vanish: () => {
      renameSync(folder, `${folder}-away`);
      onTestFinished(() => {
        rmSync(`${folder}-away`, { recursive: true, force: true });
      });
      return () => {
        renameSync(`${folder}-away`, folder);
      };
    },
  };
}

/** Loads the champion, as a gateway does at its start. */
async function load(registry: ModelRegistry): Promise<number | undefined> {
  const { version } = await registry.resolve('digits', 'champion');
  const { read } = await registry.openVersion('digits', version);
  return (await read('model.onnx'))[0];
}

function cachedFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}

describe('a host', () => {
  test('starts with the last champion during an outage of the store, and follows again afterwards', async () => {
    const { start, vanish, registry } = await hosts();
    expect(await load(start())).toBe(1);
    await registry.setAlias('digits', 'champion', 2, by);
    expect(await load(start())).toBe(2);
    const comeBack = vanish();
    const restarted = start();
    expect((await restarted.listModels()).map(({ model }) => model)).toEqual(['digits']);
    expect(await load(restarted)).toBe(2);

    const errors: unknown[] = [];
    const polls: number[] = [];
    const versions: number[] = [];
    const controller = new AbortController();
    const following = (async () => {
      const options = {
        signal: controller.signal,
        pollIntervalMs: 5,
        onError: (error: unknown) => errors.push(error),
        onPoll: () => polls.push(1),
      };
      for await (const { version } of restarted.follow('digits', 'champion', options)) {
        versions.push(version);
      }
    })();
    await vi.waitFor(() => {
      expect(errors.length).toBeGreaterThan(3);
    }, 120_000);
    // The cache does not replace answers of the store.
    expect(polls).toEqual([]);
    comeBack();
    await registry.setAlias('digits', 'champion', 1, by);
    await vi.waitFor(() => {
      expect(versions.at(-1)).toBe(1);
      expect(polls.length).toBeGreaterThan(0);
    }, 120_000);
    controller.abort();
    await following;
  });

  test('that starts with an empty cache gets the error of the store', async () => {
    const { start, vanish } = await hosts();
    const comeBack = vanish();
    await expect(load(start())).rejects.toMatchObject({ code: 'ERR_REGISTRY_STORE_NOT_FOUND' });
    comeBack();
    expect(await load(start())).toBe(1);
  });

  test('that restarts reads cached objects from the cache only', async () => {
    const { start, calls } = await hosts();
    await load(start());
    calls.length = 0;
    await load(start());
    expect(calls).toEqual([]);
  });

  test('does not read a cached object that the store no longer has', async () => {
    const { start, folder } = await hosts();
    const registry = start();
    await load(registry);
    expect(await registry.openVersion('digits', 2)).toBeDefined();
    await expect(registry.openVersion('digits', 3)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_VERSION_NOT_FOUND',
    });
    expect(folder).not.toBe('');
  });
});

describe('a cached object', () => {
  test('that is damaged is downloaded again, for every kind of object', async () => {
    const { start, cacheFolder } = await hosts();
    await load(start());
    const files = cachedFiles(cacheFolder);
    expect(files).toHaveLength(3);
    for (const file of files) damage(join(cacheFolder, file));
    expect(await load(start())).toBe(1);
    expect(cachedFiles(cacheFolder)).toEqual(files);
    expect(await load(start())).toBe(1);
  });

  test('that is damaged is never served during an outage', async () => {
    const { start, vanish, cacheFolder } = await hosts();
    await load(start());
    const comeBack = vanish();
    const blob = cachedFiles(cacheFolder).find((path) => path.startsWith('blobs')) ?? '';
    damage(join(cacheFolder, blob));
    await expect(load(start())).rejects.toMatchObject({ code: 'ERR_REGISTRY_STORE_NOT_FOUND' });
    comeBack();
    expect(await load(start())).toBe(1);
  });

  test('that was copied to the key of another is rejected', async () => {
    const { start, cacheFolder } = await hosts();
    const registry = start();
    await load(registry);
    await registry.openVersion('digits', 2);
    const at = (version: number): string =>
      join(cacheFolder, `models/digits/versions/0000000${version}.json`);
    rmSync(at(1));
    renameSync(at(2), at(1));
    expect(await load(start())).toBe(1);
  });

  test('is not created from a damaged object of the store', async () => {
    const { start, folder, cacheFolder, errors } = await hosts();
    const stored = ['blobs', 'models'].flatMap((top) =>
      cachedFiles(join(folder, top)).map((path) => join(folder, top, path)),
    );
    const copies = stored.map((file) => readFileSync(file));
    for (const file of stored) damage(file);
    await expect(load(start())).rejects.toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
    expect(cachedFiles(cacheFolder)).toEqual([]);
    stored.forEach((file, index) => {
      if (!file.includes('blobs')) writeFileSync(file, copies[index] ?? '');
    });
    await expect(load(start())).rejects.toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
    expect(cachedFiles(cacheFolder).filter((path) => path.startsWith('blobs'))).toEqual([]);
    expect(errors.length).toBeGreaterThan(0);
    stored.forEach((file, index) => {
      writeFileSync(file, copies[index] ?? '');
    });
    expect(await load(start())).toBe(1);
  });
});

describe('the cache', () => {
  test('stays within its size limit; the least recently used objects are removed first, those of current aliases last', async () => {
    const { start, cacheFolder, vanish } = await hosts(8, 100_000);
    const maxBytes = 350_000;
    const registry = start(maxBytes);
    expect(await load(registry)).toBe(1);
    for (let version = 2; version <= 8; version += 1) {
      const { read } = await registry.openVersion('digits', version);
      expect((await read('model.onnx'))[0]).toBe(version);
    }
    const bytes = cachedFiles(cacheFolder)
      .map((path) => statSync(join(cacheFolder, path)).size)
      .reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThanOrEqual(maxBytes * 1.01);
    vanish();
    const restarted = start(maxBytes);
    // Used longest ago of all, but the champion.
    expect(await load(restarted)).toBe(1);
    const last = await restarted.openVersion('digits', 8);
    expect((await last.read('model.onnx'))[0]).toBe(8);
    const used = async () => (await restarted.openVersion('digits', 2)).read('model.onnx');
    await expect(used()).rejects.toMatchObject({ code: 'ERR_REGISTRY_STORE_NOT_FOUND' });
  });

  test('does not store an object that is larger than its limit', async () => {
    const { start, cacheFolder } = await hosts(1, 100_000);
    const registry = start(50_000);
    expect(await load(registry)).toBe(1);
    expect(cachedFiles(cacheFolder).filter((path) => path.startsWith('blobs'))).toEqual([]);
  });

  test('that cannot be written is bypassed, and the error is reported', async () => {
    const { start, cacheFolder, errors } = await hosts();
    writeFileSync(join(cacheFolder, 'blobs'), 'a file');
    expect(await load(start())).toBe(1);
    expect(errors).toEqual([
      expect.objectContaining({ code: 'ERR_REGISTRY_STORE_NOT_A_FOLDER' }) as unknown,
    ]);
  });

  test('is shared by several processes', async () => {
    const { folder, cacheFolder } = await hosts(6, 200_000);
    const script = new URL('../support/processes/read-through-cache.ts', import.meta.url);
    // Too small for all: they take each other's files away while they read.
    const reports = await Promise.all(
      [1, 2, 3].map(() => runProcess(script, folder, cacheFolder, '700000', '8')),
    );
    expect(reports).toEqual([48, 48, 48]);
    expect(readdirSync(join(cacheFolder, '.tmp'))).toEqual([]);
  });

  test('rejects a size limit that is not positive', () => {
    const store = folderStore(temporaryFolder());
    for (const maxBytes of [0, -1, NaN]) {
      expect(() => cachedStore(store, { folder: temporaryFolder(), maxBytes })).toThrow(
        expect.objectContaining({ code: 'ERR_REGISTRY_INVALID_OPTION' }),
      );
    }
  });

  test('stores only objects that contain or are named by their digest', async () => {
    const cacheFolder = temporaryFolder();
    const store = cachedStore(folderStore(temporaryFolder()), { folder: cacheFolder });
    await store.create('models/digits/notes.txt', Buffer.from('x'));
    await store.create(`${champion}/00000001.json`, Buffer.from('{}'));
    await store.read('models/digits/notes.txt', { maxBytes: 10 });
    await store.read(`${champion}/00000001.json`, { maxBytes: 10 });
    expect(cachedFiles(cacheFolder)).toEqual([]);
  });
});
