import {
  collectGarbage,
  exportModels,
  importModels,
  verifyRegistry,
} from '@fairlead/registry/maintenance';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runUntilKilled } from '../support/kill-process.ts';
import { digits, temporaryFolder, temporaryRegistry } from '../support/sample-registry.ts';
import { readTree } from '@fairlead/test-support';

const collectScript = new URL('../support/processes/collect-until-killed.ts', import.meta.url);
const importScript = new URL('../support/processes/import-until-killed.ts', import.meta.url);

test('kill -9 at any moment of a collection removes no referenced blob, and the next collection completes it', async () => {
  const { folder, store, registry } = temporaryRegistry();
  await registry.push(digits('referenced'));
  await registry.setAlias('digits', 'champion', 1, { actor: 'ada' });
  for (let round = 0; round < 2; round += 1) {
    const killed = [0, 1].map((who) =>
      runUntilKilled(collectScript, [folder, `collector ${who}`], {
        lines: 4 + who,
        moreMs: Math.random() * 100,
      }),
    );
    for (const { killed: each } of await Promise.all(killed)) expect(each).toBe(true);
    expect((await verifyRegistry(registry.store)).problems).toEqual([]);
  }
  // Blobs under the deletion notices of killed collections can be pushed immediately or, at the latest, when the notices expire.
  for (const { name } of await store.list('condemned')) await store.remove(`condemned/${name}`);
  await registry.push(digits('the next one'));
  await collectGarbage(store, { graceMs: 0 });
  expect((await verifyRegistry(registry.store)).problems).toEqual([]);
  await (await registry.openVersion('digits', 1)).read('model.onnx');
});

test('kill -9 at any moment of an import leaves a registry that verifies, and another import completes it', async () => {
  const source = temporaryRegistry();
  for (let version = 1; version <= 12; version += 1) {
    await source.registry.push(digits('', { files: { 'model.onnx': randomBytes(300_000) } }));
    await source.registry.setAlias('digits', 'champion', version, { actor: 'ada' });
  }
  const file = join(temporaryFolder(), 'models.tar');
  const { objects } = await exportModels(source.store, file);
  let interrupted = 0;
  for (let round = 0; round < 3; round += 1) {
    const target = temporaryRegistry();
    const { lines } = await runUntilKilled(importScript, [target.folder, 'ada', file], {
      lines: 1 + Math.floor((round * objects) / 3),
      moreMs: Math.random() * 15,
    });
    if (lines.length < objects + 1) interrupted += 1;
    expect((await verifyRegistry(target.registry.store)).problems).toEqual([]);
    await importModels(target.store, file);
    const { ...tree } = readTree(target.folder) as Record<string, string>;
    // The lease of the killed process expires.
    for (const key of Object.keys(tree))
      if (key.startsWith('claims/')) Reflect.deleteProperty(tree, key);
    expect(tree).toEqual(readTree(source.folder));
  }
  expect(interrupted).toBeGreaterThan(0);
});
