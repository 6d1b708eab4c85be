import {
  backupRegistry,
  collectGarbage,
  drillRestore,
  pruneVersions,
  restoreRegistry,
  verifyRegistry,
} from '@fairlead/registry/maintenance';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  folderStore,
  generateSigningKey,
  ModelRegistry,
  type ObjectStore,
  openStore,
} from '@fairlead/registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import { digits, temporaryFolder } from '../support/sample-registry.ts';
import { startLocalS3 } from '../support/soak/local-s3.ts';
import { readTree } from '@fairlead/test-support';

const by = { actor: 'ada' };
const MIB = 1024 * 1024;

/** Of each model, how many versions there are, and the bytes of each: one goes to S3 in parts. */
type Sizes = Readonly<Record<string, readonly [versions: number, bytes: number]>>;

/** Fills a store as months of work do, with all kinds of records. */
async function liveIn(store: ObjectStore, sizes: Sizes): Promise<void> {
  const registry = new ModelRegistry({ store });
  const { privateKey } = generateSigningKey();
  for (const [model, [versions, bytes]] of Object.entries(sizes)) {
    for (let version = 1; version <= versions; version += 1) {
      const files = { 'model.onnx': randomBytes(bytes), 'labels.txt': Buffer.from(model) };
      await registry.push(digits('', { model, files, metrics: { accuracy: version / 100 } }));
      if (version % 3 === 1) {
        await registry.setAlias(model, 'champion', version, { ...by, reason: `try ${version}` });
      }
    }
    const documents = { 'report.txt': randomBytes(20_000) };
    await registry
      .model(model)
      .version(1)
      .measure({ ...by, name: 'p99Ms', value: 7, documents });
    await registry
      .model(model)
      .version(1)
      .sign({ ...by, privateKey });
    if (versions > 3) await registry.rollback(model, 'champion', by);
  }
  await pruneVersions(store, 'wine', { keepLast: 2, ...by });
  await collectGarbage(store, { graceMs: 0 });
}

test('a drill restores a registry in a folder, byte for byte', async () => {
  const folder = temporaryFolder();
  const store = folderStore(folder);
  await liveIn(store, { digits: [8, 200_000], wine: [6, 100_000], large: [1, 9 * MIB] });
  const workFolder = temporaryFolder();
  const report = await drillRestore(store, { workFolder });
  const tree = readTree(folder) as Record<string, unknown>;
  expect(report).toMatchObject({ ok: true, differing: [], problems: [] });
  expect(report.objects).toBe(Object.keys(tree).length);
  expect(report.bytes).toBeGreaterThan(10 * MIB);
  expect(readdirSync(workFolder)).toEqual([]);

  // The same without the drill's own comparison.
  const backup = join(workFolder, 'backup.tar');
  await backupRegistry(store, backup);
  await restoreRegistry(backup, join(workFolder, 'restored'));
  expect(readTree(join(workFolder, 'restored'))).toEqual(tree);
});

test('a drill restores a registry in S3, byte for byte', async () => {
  const environment: Record<string, string | undefined> = {};
  const s3 = await startLocalS3(environment);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await s3.stop();
  });
  const store = await openStore(s3.location);
  await liveIn(store, { wine: [3, 1000], large: [1, 9 * MIB] });
  const report = await drillRestore(store, { workFolder: temporaryFolder() });
  expect(report).toMatchObject({ ok: true, differing: [], problems: [] });
  expect(report.bytes).toBeGreaterThan(9 * MIB);

  // Restored into S3 it is the same registry.
  const copy = `${s3.location}-restored`;
  const backup = join(temporaryFolder(), 'backup.tar');
  await backupRegistry(store, backup);
  await restoreRegistry(backup, copy);
  const verified = await verifyRegistry(store);
  expect(verified.ok).toBe(true);
  expect(await verifyRegistry(await openStore(copy))).toEqual(verified);
});
