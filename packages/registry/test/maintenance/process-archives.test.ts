import {
  backupRegistry,
  drillRestore,
  exportModels,
  importModels,
  restoreRegistry,
} from '@fairlead/registry/maintenance';
import { folderStore, type ObjectStore } from '@fairlead/registry';
import { readTree } from '@fairlead/test-support';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digits, temporaryFolder, temporaryRegistry } from '../support/sample-registry.ts';

const processes = {
  'rollouts/digits/0001/00000001.json': '{"type":"started"}',
  'rollouts/digits/0001/00000002.json': '{ "type": "ended" }\n',
  'rollouts/digits/0001/counts/00.json': '{"step":0}',
  'rollouts/digits/0002/00000001.json': '{"type":"started","nonce":"2"}',
  'rollouts/digits/0002/counts/00/2026-11-29T12.json': '{"requests":7}',
  'rollouts/digits/0002/counts/00/2026-11-29T13/0102-host-1-a1b2c3-7.json': '{"requests":8}',
  'retraining/digits/policy/00000001.json': '{"cooldownHours":24}',
  'retraining/digits/attempts/0001/00000001.json': '{"type":"triggered"}',
};

async function withProcesses() {
  const made = temporaryRegistry();
  await made.registry.push(digits('1'));
  await made.registry.setAlias('digits', 'champion', 1, { actor: 'ada' });
  for (const [key, text] of Object.entries(processes)) await put(made.store, key, text);
  // Left by another program: no backup has it.
  await put(made.store, 'rollouts/digits/0001/notes.txt', 'mine');
  return made;
}

async function put(store: ObjectStore, key: string, text: string): Promise<void> {
  expect(await store.create(key, Buffer.from(text))).toBe(true);
}

async function textOf(store: ObjectStore, key: string): Promise<string | undefined> {
  const bytes = await store.read(key, { maxBytes: 1000 });
  return bytes && Buffer.from(bytes).toString();
}

describe('rollouts and retrainings', () => {
  test.each(['backup.tar', 'backup'])(
    'are restored from %s byte for byte, and a drill compares them',
    async (name) => {
      const { store } = await withProcesses();
      const backup = join(temporaryFolder(), name);
      const { objects } = await backupRegistry(store, backup);
      const target = join(temporaryFolder(), 'restored');
      const { created, verified } = await restoreRegistry(backup, target);
      expect(verified.ok).toBe(true);
      expect(created).toBe(objects);
      const restored = folderStore(target);
      for (const [key, text] of Object.entries(processes)) {
        expect([key, await textOf(restored, key)]).toEqual([key, text]);
      }
      expect(await textOf(restored, 'rollouts/digits/0001/notes.txt')).toBeUndefined();
      expect(await drillRestore(store)).toMatchObject({ ok: true, objects, differing: [] });
    },
  );

  test('a restore never replaces an entry, and refuses a place with another rollout', async () => {
    const { store } = await withProcesses();
    const backup = join(temporaryFolder(), 'backup.tar');
    await backupRegistry(store, backup);
    for (const [key, text] of [
      ['rollouts/digits/0002/00000001.json', '{"type":"other"}'],
      ['rollouts/wine/0001/00000001.json', '{"type":"started"}'],
    ] as const) {
      const target = join(temporaryFolder(), 'target');
      const other = folderStore(target, { create: true });
      await put(other, key, text);
      await expect(restoreRegistry(backup, target)).rejects.toMatchObject({
        code: 'ERR_REGISTRY_ARCHIVE_CONFLICT',
        message: expect.stringContaining(key) as string,
      });
      expect(await textOf(other, key)).toBe(text);
    }
  });

  test('an export has none, and an import of a backup or of a registry leaves them out', async () => {
    const { store, folder } = await withProcesses();
    const [exported, backup] = ['digits.tar', 'backup.tar'].map((name) =>
      join(temporaryFolder(), name),
    ) as [string, string];
    const { objects } = await exportModels(store, exported);
    expect((await backupRegistry(store, backup)).objects).toBe(
      objects + Object.keys(processes).length,
    );
    for (const from of [exported, backup, folder]) {
      const target = join(temporaryFolder(), 'target');
      const { created } = await importModels(folderStore(target, { create: true }), from);
      expect(created).toBe(objects);
      expect(
        Object.keys(readTree(target)).filter((path) => !/^(?:models|blobs)/.test(path)),
      ).toEqual([]);
    }
  });
});
