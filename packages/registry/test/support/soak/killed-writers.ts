import { exportModels, importModels } from '@fairlead/registry/maintenance';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore, ModelRegistry, type ObjectStore, RegistryError } from '@fairlead/registry';

/** One line of a writer: what the registry has acknowledged to it. */
export type Acknowledgment = Readonly<Record<string, unknown>>;

/** A program that changes a registry until it is killed, and a check that no acknowledged record is lost. */
export interface KilledWriter {
  readonly name: string;
  /**
   * Is run with the store's location, the writer's name, and what `prepare` gave; writes a line of JSON once it begins,
   * and one for each thing that was acknowledged.
   */
  readonly script: URL;
  /** Makes, in `folder`, what the writer of this name needs. */
  readonly prepare?: (folder: string, actor: string) => Promise<string>;
  /** Fails unless all that was `acknowledged`, to whom, is in the registry. */
  readonly check: (store: ObjectStore, acknowledged: readonly WriterRecord[]) => Promise<void>;
}

/** Acknowledgments of one writer before it was killed. */
export interface WriterRecord {
  readonly actor: string;
  /** Result of `prepare`. */
  readonly prepared: string;
  readonly acknowledgments: readonly Acknowledgment[];
}

/** Versions that the pruning writers keep. */
const KEEP_LAST = 2;
/** Size of the import of each importing writer. */
const IMPORTED = { versions: 3, bytes: 60_000 };

/** Pushes versions, promotes them, and rolls back. */
export const pushAndPromote: KilledWriter = {
  name: 'push and promote',
  script: new URL('../processes/push-until-killed.ts', import.meta.url),
  async check(store, records) {
    const registry = new ModelRegistry({ store });
    const acknowledged = records.flatMap(({ acknowledgments }) => acknowledgments);
    const sets = acknowledged.filter(({ set }) => set !== undefined);
    const history = sets.length === 0 ? [] : await registry.history('digits', 'champion');
    for (const { set, seal } of sets) assert.equal(history[Number(set) - 1]?.seal, seal);
    for (const { pushed, seal } of acknowledged.filter((each) => each.pushed !== undefined)) {
      await checkVersion(registry, 'digits', Number(pushed), seal);
    }
  },
};

/** Pushes versions of a separate model, prunes them, and collects the garbage of the whole registry. */
export const collect: KilledWriter = {
  name: 'prune and collect garbage',
  script: new URL('../processes/collect-until-killed.ts', import.meta.url),
  async check(store, records) {
    const registry = new ModelRegistry({ store });
    const pushed = records
      .flatMap(({ acknowledgments }) => acknowledgments)
      .filter((each) => each.pushed !== undefined);
    const newest = pushed.length === 0 ? 0 : (await registry.listVersions('scratch')).length;
    for (const { pushed: version, seal } of pushed) {
      const mayBePruned = Number(version) <= newest - KEEP_LAST;
      try {
        await checkVersion(registry, 'scratch', Number(version), seal);
      } catch (error) {
        if (!mayBePruned || !(error instanceof RegistryError)) throw error;
        assert.equal(error.code, 'ERR_REGISTRY_VERSION_PRUNED');
      }
    }
  },
};

/** Imports an export of a separate model repeatedly. */
export const importAgain: KilledWriter = {
  name: 'import',
  script: new URL('../processes/import-until-killed.ts', import.meta.url),
  async prepare(folder, actor) {
    const source = join(folder, actor);
    const store = folderStore(source, { create: true });
    const registry = new ModelRegistry({ store });
    for (let version = 1; version <= IMPORTED.versions; version += 1) {
      await registry.push({
        model: actor,
        runtime: { name: 'onnx' },
        signature: { inputs: [], outputs: [] },
        files: { 'model.onnx': randomBytes(IMPORTED.bytes) },
        actor,
      });
      await registry.setAlias(actor, 'champion', version, { actor });
    }
    const file = `${source}.tar`;
    await exportModels(store, file);
    return file;
  },
  async check(store, records) {
    const registry = new ModelRegistry({ store });
    for (const { actor, prepared, acknowledgments } of records) {
      // An acknowledged import is complete; another import completes the others.
      const { created, unchanged } = await importModels(store, prepared);
      const whole = acknowledgments.some(({ imported }) => imported === true);
      const part = Math.max(0, ...acknowledgments.map(({ done }) => Number(done ?? 0)));
      assert.ok(
        unchanged >= part,
        `${actor} got acknowledgments of ${part} objects, ${unchanged} exist`,
      );
      if (whole) assert.equal(created, 0, `${actor} got the acknowledgment of a complete import`);
      for (let version = 1; version <= IMPORTED.versions; version += 1) {
        await (await registry.openVersion(actor, version)).read('model.onnx');
      }
      assert.equal((await registry.history(actor, 'champion')).length, IMPORTED.versions);
    }
  },
};

/** A folder for what `prepare` makes, for as long as `work` runs. */
export async function withWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-killed-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkVersion(
  registry: ModelRegistry,
  model: string,
  version: number,
  seal: unknown,
): Promise<void> {
  const { manifest, read } = await registry.openVersion(model, version);
  assert.equal(manifest.seal, seal);
  for (const { path, size } of manifest.files) assert.equal((await read(path)).length, size);
}
