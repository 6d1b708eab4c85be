import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { readTree } from '@fairlead/test-support';

test('a registry of 16 MB is restored completely within the two minutes of the drill', async () => {
  const place = placeWithRegistry();
  const folder = join(place.folder, 'registry');
  const { folderStore, ModelRegistry } = await import('@fairlead/registry');
  const registry = new ModelRegistry({ store: folderStore(folder) });
  const by = { actor: 'ada' };
  for (let version = 1; version <= 16; version += 1) {
    await registry.push({
      model: version % 2 === 0 ? 'digits' : 'wine',
      runtime: { name: 'onnx' },
      signature: { inputs: [], outputs: [] },
      files: { 'model.onnx': randomBytes(1_000_000), 'labels.txt': Buffer.from('the same') },
      ...by,
    });
  }
  for (const version of [3, 5, 8]) await registry.setAlias('wine', 'champion', version, by);
  await registry.rollback('wine', 'champion', by);
  const before = readTree(folder);

  const drill = await runJson(place, 'registry', 'drill');
  expect(drill).toMatchObject({ ok: true, differing: [], problems: [], withinMs: 120_000 });
  expect(drill.objects).toBe(Object.keys(before).length);
  expect(drill.bytes).toBeGreaterThan(16_000_000);

  // Verified independently of the command's report.
  expect((await run(place, 'registry', 'backup', 'b.tar')).exitCode).toBe(0);
  expect((await run(place, 'registry', 'restore', 'b.tar', 'restored')).exitCode).toBe(0);
  const restored = readTree(join(place.folder, 'restored'));
  expect(Object.keys(restored)).toEqual(Object.keys(before));
  for (const [key, bytes] of Object.entries(before)) {
    if (restored[key] !== bytes) throw new Error(`${key} came back as something else`);
  }
});
