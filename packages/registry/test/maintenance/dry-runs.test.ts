import {
  backupRegistry,
  checkRestore,
  exportModels,
  restoreRegistry,
} from '@fairlead/registry/maintenance';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digits, temporaryFolder, temporaryRegistry } from '../support/sample-registry.ts';
import { readTree } from '@fairlead/test-support';

async function twoModels() {
  const made = temporaryRegistry();
  await made.registry.push(digits('one'));
  await made.registry.push(digits('other', { model: 'wine' }));
  return made;
}

test.each(['models.tar', 'copy'])(
  'a dry run of an export to %s says what it would write',
  async (name) => {
    const { folder, store } = await twoModels();
    const before = readTree(folder);
    const target = temporaryFolder();
    const to = join(target, name);
    const dry = await exportModels(store, to, { models: ['wine'], dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, objects: 2, created: 2 });
    expect(readdirSync(target)).toEqual([]);
    expect(readTree(folder)).toEqual(before);
    expect(await exportModels(store, to, { models: ['wine'] })).toMatchObject({
      ...dry,
      dryRun: false,
    });
  },
);

test('a dry run meets what is there already', async () => {
  const { store } = await twoModels();
  const copy = join(temporaryFolder(), 'copy');
  const tar = join(temporaryFolder(), 'backup.tar');
  await backupRegistry(store, copy);
  expect(await backupRegistry(store, copy, { dryRun: true })).toMatchObject({
    objects: 4,
    created: 0,
  });
  await backupRegistry(store, tar);
  await expect(backupRegistry(store, tar, { dryRun: true })).rejects.toMatchObject({
    code: 'ERR_REGISTRY_ARCHIVE_CONFLICT',
  });
});

test('a restore is checked without being done', async () => {
  const { store, registry, folder } = await twoModels();
  const backup = join(temporaryFolder(), 'registry.tar');
  await backupRegistry(store, backup);
  const to = join(temporaryFolder(), 'new');
  expect(await checkRestore(backup, to)).toEqual({
    ...{ dryRun: true, models: ['digits', 'wine'], versions: 2, created: 4, unchanged: 0 },
  });
  await expect(checkRestore(backup, join(to, '..', 'nowhere'))).resolves.toMatchObject({
    created: 4,
  });
  expect(readdirSync(join(to, '..'))).toEqual([]);
  await restoreRegistry(backup, to);
  expect(await checkRestore(backup, to)).toMatchObject({ created: 0, unchanged: 4 });
  await registry.push(digits('later'));
  await expect(checkRestore(backup, folder)).rejects.toMatchObject({
    code: 'ERR_REGISTRY_ARCHIVE_CONFLICT',
  });
});
