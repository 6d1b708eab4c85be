import { collectGarbage, pruneVersions } from '@fairlead/registry/maintenance';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedStore, folderStore, ModelRegistry } from '@fairlead/registry';
import { expect, test } from 'vitest';
import { digits, temporaryFolder, temporaryRegistry } from './support/sample-registry.ts';

const by = { actor: 'ada' };

type Damage = (file: string) => void;

const containing =
  (bytes: string | Uint8Array): Damage =>
  (file) => {
    writeFileSync(file, bytes);
  };

const damages: readonly (readonly [string, Damage])[] = [
  ['is cut off', containing('{"formatVersion":1')],
  ['has other bytes', containing('{"formatVersion":1}')],
  ['is empty', containing('')],
  ['is of a later format', containing('{"formatVersion":99}')],
  ['is too large', containing(Buffer.alloc(4 * 1024 * 1024, ' '))],
  [
    'is a folder',
    (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  ],
  [
    'is a link',
    (file) => {
      rmSync(file);
      symlinkSync('/dev/null', file);
    },
  ],
];

async function damagedRegistry(damage: Damage) {
  const { folder, store, registry } = temporaryRegistry();
  for (const model of ['digits', 'wine']) {
    await registry.push(digits('one', { model }));
    await registry.push(digits(`two of ${model}`, { model }));
    await registry.setAlias(model, 'champion', 1, by);
    await registry.setAlias(model, 'candidate', 2, by);
  }
  const file = join(folder, 'models/digits/aliases/champion/00000001.json');
  chmodSync(file, 0o644);
  damage(file);
  return { folder, store, fresh: () => new ModelRegistry({ store: folderStore(folder) }) };
}

test.each(damages)(
  'an alias whose entry %s hides no other alias and no other model',
  async (_, damage) => {
    const { folder, fresh } = await damagedRegistry(damage);
    const cache = cachedStore(folderStore(folder), { folder: temporaryFolder() });
    for (const registry of [fresh(), new ModelRegistry({ store: cache })]) {
      const [first, second] = await registry.listModels();
      expect(first).toMatchObject({ model: 'digits', versions: 2, aliases: { candidate: 2 } });
      expect(first?.aliases).not.toHaveProperty('champion');
      expect(second).toEqual({
        ...{ model: 'wine', versions: 2, latestVersion: 2 },
        aliases: { candidate: 2, champion: 1 },
      });
      expect(await registry.resolve('wine', 'champion')).toMatchObject({ version: 1 });
    }
  },
);

test.each(damages.filter(([what]) => what !== 'is a link'))(
  'an alias whose entry %s is named among the problems of its model, and lets nothing be deleted',
  async (_, damage) => {
    const { store, fresh } = await damagedRegistry(damage);
    const [first] = await fresh().listModels();
    expect(first?.problems).toHaveLength(1);
    expect(first?.problems?.[0]).toContain('models/digits/aliases/champion/00000001.json');
    await store.create(`blobs/sha256/${'0'.repeat(64)}`, Buffer.from('named by nothing'));
    const blobs = await store.list('blobs/sha256');
    await expect(pruneVersions(store, 'digits', { keepLast: 1, ...by })).rejects.toThrow();
    await expect(collectGarbage(store, { graceMs: 0 })).rejects.toThrow();
    expect(await store.list('blobs/sha256')).toEqual(blobs);
  },
);
