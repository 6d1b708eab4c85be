import { collectGarbage, pruneVersions, verifyRegistry } from '@fairlead/registry/maintenance';
import { randomUUID } from 'node:crypto';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelRegistry, type ObjectStore } from '@fairlead/registry';
import { describe, expect, test } from 'vitest';
import { digits, temporaryRegistry } from '../support/sample-registry.ts';

const sha = async (registry: ModelRegistry, version: number): Promise<string> =>
  (await registry.openVersion('digits', version)).manifest.files[0]?.sha256 ?? '';

/** Keeps a blob that nothing names, as a push that was killed leaves it. */
async function orphan(store: ObjectStore): Promise<string> {
  const bytes = Buffer.from(randomUUID());
  const { createHash } = await import('node:crypto');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await store.create(`blobs/sha256/${sha256}`, bytes);
  return sha256;
}

describe('garbage collection', () => {
  test('removes unreferenced blobs after a dry run has listed them, and nothing else', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('one'));
    const lost = await orphan(store);
    const planned = await collectGarbage(store, { dryRun: true, graceMs: 0 });
    expect(planned).toMatchObject({ dryRun: true, removed: [lost], removedBytes: 36, kept: 1 });
    expect(await store.size(`blobs/sha256/${lost}`)).toBe(36);
    const done = await collectGarbage(store, { graceMs: 0 });
    expect(done).toEqual({ ...planned, dryRun: false });
    expect(await store.size(`blobs/sha256/${lost}`)).toBeUndefined();
    expect(await verifyRegistry(registry.store)).toMatchObject({ ok: true, blobs: 1 });
    expect(await store.list('condemned')).toEqual([]);
    expect(await store.list('claims')).toEqual([]);
  });

  test('removes nothing in an empty registry, and nothing when repeated', async () => {
    const { store } = temporaryRegistry();
    const nothing = { removed: [], removedBytes: 0, young: 0, kept: 0 };
    expect(await collectGarbage(store)).toMatchObject(nothing);
    await orphan(store);
    await collectGarbage(store, { graceMs: 0 });
    expect(await collectGarbage(store, { graceMs: 0 })).toMatchObject(nothing);
  });

  test('does not remove blobs within the grace period, by default a day', async () => {
    const { folder, store } = temporaryRegistry();
    const lost = await orphan(store);
    expect(await collectGarbage(store)).toMatchObject({ removed: [], young: 1 });
    const file = join(folder, 'blobs/sha256', lost);
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    utimesSync(file, yesterday, yesterday);
    expect(await collectGarbage(store)).toMatchObject({ removed: [lost], young: 0 });
    expect(existsSync(file)).toBe(false);
  });

  test('does not remove blobs that any other record references, also an unknown one', async () => {
    const { folder, store } = temporaryRegistry();
    const [a, b] = [await orphan(store), await orphan(store)];
    await store.create('later/release/record', Buffer.from(`${'x'.repeat(5000)} ${a}`));
    writeFileSync(join(folder, 'KEEP'), `0${b}`);
    expect(await collectGarbage(store, { graceMs: 0 })).toMatchObject({ removed: [], kept: 2 });
  });

  test('numbered objects of another format, such as entries of rollouts, do not stop it', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('one'));
    const entry = JSON.stringify({ format: 'fairlead-rollout-entry', formatVersion: 1 });
    const key = 'rollouts/digits/0001/00000001.json';
    expect(await store.create(key, Buffer.from(entry))).toBe(true);
    expect(await collectGarbage(store, { graceMs: 0 })).toMatchObject({ removed: [], kept: 1 });
  });

  test('fails while a record is damaged, because its references are unknown', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('one'));
    const lost = await orphan(store);
    await store.create('models/digits/versions/00000002.json', Buffer.from('{}'));
    await expect(collectGarbage(store, { graceMs: 0 })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_CORRUPT',
    });
    expect(await store.size(`blobs/sha256/${lost}`)).toBe(36);
  });

  test.each([-1, Number.NaN])('rejects a grace period of %d ms', async (graceMs) => {
    const { store } = temporaryRegistry();
    await expect(collectGarbage(store, { graceMs })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_INVALID_OPTION',
    });
  });

  test('does not remove blobs that a running push has leased; those of a killed push are removed when its lease expires', async () => {
    const { folder, store } = temporaryRegistry();
    const lost = await orphan(store);
    await store.create(`claims/${randomUUID()}.json`, Buffer.from(`{"blobs":["${lost}"]}`));
    expect(await collectGarbage(store, { graceMs: 0 })).toMatchObject({ removed: [], kept: 1 });
    const [claim] = await store.list('claims');
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    utimesSync(join(folder, 'claims', claim?.name ?? ''), yesterday, yesterday);
    expect(await collectGarbage(store, { graceMs: 0 })).toMatchObject({
      removed: [lost],
      leftovers: 1,
    });
    expect(await store.list('claims')).toEqual([]);
  });

  test('a push waits until a collection that announced the deletion of its blob has ended', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('one'));
    const blob = await sha(registry, 1);
    const notice = `condemned/${randomUUID()}.json`;
    await store.create(notice, Buffer.from(`{"blobs":["${blob}"]}`));
    let done = false;
    const push = registry.push(digits('one')).then((result) => {
      done = true;
      return result;
    });
    // Another blob's push isn't held up, and takes longer than this one would.
    await registry.push(digits('two'));
    await registry.push(digits('three'));
    expect(done).toBe(false);
    await store.remove(`blobs/sha256/${blob}`);
    await store.remove(notice);
    const { manifest } = await push;
    expect(await sha(registry, manifest.version)).toBe(blob);
    expect((await verifyRegistry(registry.store)).problems).toEqual([]);
  });

  test('during concurrent pushes of the same bytes every version keeps its files', async () => {
    const { store } = temporaryRegistry();
    const stop = new AbortController();
    const collector = (async () => {
      let removed = 0;
      while (!stop.signal.aborted) {
        removed += (await collectGarbage(store, { graceMs: 0 })).removed.length;
      }
      return removed;
    })();
    const contents = ['a', 'b', 'c'];
    const pushers = [0, 1, 2].map(async (who) => {
      const registry = new ModelRegistry({ store });
      for (let round = 0; round < 8; round += 1) {
        await registry.push(digits(contents[(round + who) % 3], { actor: `pusher ${who}` }));
        // Lets files of versions go, so that there is always something to collect and to push again.
        await pruneVersions(store, 'digits', { keepLast: 1, actor: 'sweeper' });
        await orphan(store);
      }
    });
    await Promise.all(pushers);
    stop.abort();
    expect(await collector).toBeGreaterThan(0);
    expect((await verifyRegistry(store)).problems).toEqual([]);
  });
});

describe('retention', () => {
  const actor = 'ada';

  test('does not prune the newest versions, nor any version that an alias has ever pointed to', async () => {
    const { store, registry } = temporaryRegistry();
    for (const content of ['1', '2', '3', '4', '5']) await registry.push(digits(content));
    await registry.setAlias('digits', 'champion', 2, { actor });
    await registry.setAlias('digits', 'champion', 4, { actor });
    const options = { keepLast: 1, actor, reason: 'old' };
    const planned = await pruneVersions(store, 'digits', { ...options, dryRun: true });
    expect(planned).toEqual({
      model: 'digits',
      dryRun: true,
      pruned: [1, 3],
      alreadyPruned: [],
      keptByAlias: [2, 4],
    });
    expect(await store.list('models/digits/pruned')).toEqual([]);
    expect(await pruneVersions(store, 'digits', options)).toEqual({ ...planned, dryRun: false });
    expect(await pruneVersions(store, 'digits', options)).toMatchObject({
      pruned: [],
      alreadyPruned: [1, 3],
    });
    // The files are there until they are collected.
    await (await registry.openVersion('digits', 1)).read('model.onnx');
    expect((await collectGarbage(store, { graceMs: 0 })).removed).toHaveLength(2);

    expect(await verifyRegistry(registry.store)).toMatchObject({
      ok: true,
      manifests: 5,
      blobs: 3,
    });
    expect(await registry.listVersions('digits')).toHaveLength(5);
    const gone = await registry.openVersion('digits', 3);
    await expect(gone.read('model.onnx')).rejects.toThrow(
      /version 3 of "digits" were removed: ada pruned it on .* \(old\)/,
    );
    await expect(registry.setAlias('digits', 'champion', 3, { actor })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_VERSION_PRUNED',
    });
    await (await registry.openVersion('digits', 2)).read('model.onnx');
    expect((await registry.rollback('digits', 'champion', { actor })).version).toBe(2);
  });

  test('setting an alias restores a pruned version that was not collected yet', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('1'));
    await registry.push(digits('2'));
    await pruneVersions(store, 'digits', { keepLast: 1, actor });
    await registry.setAlias('digits', 'champion', 1, { actor });
    expect((await collectGarbage(store, { graceMs: 0 })).removed).toEqual([]);
    await (await registry.openVersion('digits', 1)).read('model.onnx');
    expect((await verifyRegistry(registry.store)).ok).toBe(true);
  });

  test('prunes an archived version, also a new one', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('1'));
    await registry.push(digits('2'));
    await registry.model('digits').version(2).archive({ actor });
    expect(await pruneVersions(store, 'digits', { keepLast: 5, actor })).toMatchObject({
      pruned: [2],
    });
  });

  test('does not remove a file that another version shares', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('same'));
    await registry.push(digits('same'));
    await pruneVersions(store, 'digits', { keepLast: 1, actor });
    expect((await collectGarbage(store, { graceMs: 0 })).removed).toEqual([]);
    await (await registry.openVersion('digits', 1)).read('model.onnx');
  });

  test('a file that is pushed again while its pruning is reported does not count as damaged', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('1'));
    await registry.push(digits('2'));
    await pruneVersions(store, 'digits', { keepLast: 1, actor });
    await collectGarbage(store, { graceMs: 0 });
    const key = `blobs/sha256/${await sha(registry, 1)}`;
    const back = new ModelRegistry({
      store: {
        ...store,
        async size(requested) {
          const size = await store.size(requested);
          // Another process pushes the same bytes right after this check.
          if (requested === key) await store.create(key, Buffer.from('1'));
          return size;
        },
      },
    });
    await expect(back.setAlias('digits', 'champion', 1, { actor })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_VERSION_PRUNED',
    });
    await store.remove(key);
    const bytes = await (await back.openVersion('digits', 1)).read('model.onnx');
    expect(Buffer.from(bytes).toString()).toBe('1');
  });

  test('a damaged file of a pruned version is distinguished from a deleted one', async () => {
    const { folder, store, registry } = temporaryRegistry();
    await registry.push(digits('1'));
    await registry.push(digits('2'));
    await pruneVersions(store, 'digits', { keepLast: 1, actor });
    const key = `blobs/sha256/${await sha(registry, 1)}`;
    await store.remove(key);
    writeFileSync(join(folder, key), 'x');
    const { read } = await registry.openVersion('digits', 1);
    await expect(read('model.onnx')).rejects.toMatchObject({ code: 'ERR_REGISTRY_CORRUPT' });
  });

  test('a missing file of a version that was not pruned is reported', async () => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('1'));
    await store.remove(`blobs/sha256/${await sha(registry, 1)}`);
    expect((await verifyRegistry(registry.store)).problems).toHaveLength(1);
    await expect(registry.setAlias('digits', 'champion', 1, { actor })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_CORRUPT',
    });
  });

  test.each([0, -1, 1.5, Number.NaN])('rejects keepLast: %d', async (keepLast) => {
    const { store, registry } = temporaryRegistry();
    await registry.push(digits('1'));
    await expect(pruneVersions(store, 'digits', { keepLast, actor })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_INVALID_OPTION',
    });
  });

  test('rejects a model that does not exist', async () => {
    const { store } = temporaryRegistry();
    await expect(pruneVersions(store, 'digits', { keepLast: 1, actor })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_MODEL_NOT_FOUND',
    });
  });
});
