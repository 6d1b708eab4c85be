import { checkOptions } from '../checks/check-options.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { folderStore } from '../folder/folder-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { VerifyProblem } from '../verify/verify-registry.ts';
import { backupRegistry, restoreRegistry } from './backup.ts';
import { storeArchive } from './store-archive.ts';

/** Settings of `drillRestore`. */
export interface DrillOptions {
  /**
   * Folder for the backup and the restored registry, which are removed afterwards; it needs room for both.
   *
   * @defaultValue the system's folder for temporary files
   */
  readonly workFolder?: string;
}

/** Result of a drill. */
export interface DrillReport {
  /** True if every object was restored byte for byte, and the restored registry verifies. */
  readonly ok: boolean;
  readonly objects: number;
  /** Bytes of all objects. */
  readonly bytes: number;
  /** Keys of the objects that differ or are missing. */
  readonly differing: readonly string[];
  readonly problems: readonly VerifyProblem[];
  /** Duration of the backup. */
  readonly backupMs: number;
  /** Duration of the restore, including the verification. */
  readonly restoreMs: number;
}

/**
 * Backs a registry up, restores the backup into an empty folder, and compares the two byte for byte.
 *
 * Only a restored backup shows that backups work. The registry itself is only read.
 *
 * @throws RegistryError the errors of `backupRegistry` and `restoreRegistry`.
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { drillRestore } from '@fairlead/registry/maintenance';
 *
 * const { ok, differing, restoreMs } = await drillRestore(folderStore('./registry'));
 * console.log(ok, differing.length, restoreMs > 0); // true 0 true
 * ```
 */
export async function drillRestore(
  store: ObjectStore,
  options: DrillOptions = {},
): Promise<DrillReport> {
  const { workFolder = tmpdir() } = checkOptions('drillRestore', options, {
    workFolder: 'optional',
  });
  const folder = await mkdtemp(join(workFolder, 'fairlead-drill-'));
  try {
    const before = await storeArchive(store, { everything: true });
    const begin = performance.now();
    const backup = join(folder, 'backup.tar');
    await backupRegistry(store, backup);
    const backedUp = performance.now();
    const target = join(folder, 'restored');
    const { verified } = await restoreRegistry(backup, target);
    const restored = performance.now();

    const copy = folderStore(target);
    const differing: string[] = [];
    let objects = 0;
    let bytes = 0;
    for await (const { key, body } of before.entries()) {
      objects += 1;
      const original = await digest(body);
      bytes += original.bytes;
      const same =
        (await copy.size(key)) !== undefined &&
        (await digest(copy.stream(key))).sha256 === original.sha256;
      if (!same) differing.push(key);
    }
    return {
      ok: differing.length === 0 && verified.ok,
      objects,
      bytes,
      differing,
      problems: verified.problems,
      backupMs: backedUp - begin,
      restoreMs: restored - backedUp,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function digest(
  body: AsyncIterable<Uint8Array>,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
