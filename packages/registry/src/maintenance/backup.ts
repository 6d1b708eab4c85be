import { checkOptions } from '../checks/check-options.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { openStore, openStoreIfThere } from '../open-store/open-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { verifyRegistry, type VerifyReport } from '../verify/verify-registry.ts';
import { checkArchive } from './check-archive.ts';
import { type ExportReport, writeArchive } from './export-models.ts';
import { importArchive, type ImportReport } from './import-models.ts';
import { openArchive } from './open-archive.ts';
import { storeArchive } from './store-archive.ts';

/** Options of {@link restoreRegistry}. */
export interface RestoreOptions {
  /** Called for each written object, with the total number. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Options of {@link backupRegistry}. */
export interface BackupOptions extends RestoreOptions {
  /**
   * Report what would be written, and write nothing.
   *
   * @defaultValue false
   */
  readonly dryRun?: boolean;
}

/** Result of a restore. */
export interface RestoreReport extends ImportReport {
  /** Result of verifying every byte of the restored registry. */
  readonly verified: VerifyReport;
}

/**
 * Writes a whole registry, with its rollouts and retrainings, to `to`: a new tar file, a folder, or `s3://bucket/prefix`.
 *
 * Into a folder or a bucket that contains a backup, only new objects are written.
 *
 * @throws RegistryError the errors of `exportModels`.
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { backupRegistry } from '@fairlead/registry/maintenance';
 *
 * const { created } = await backupRegistry(folderStore('./registry'), './backup.tar');
 * console.log(created); // 6
 * ```
 */
export async function backupRegistry(
  store: ObjectStore,
  to: string,
  options: BackupOptions = {},
): Promise<ExportReport> {
  const names = { onProgress: 'optional', dryRun: 'optional' } as const;
  return writeArchive(store, to, {
    ...checkOptions('backupRegistry', options, names),
    everything: true,
  });
}

/**
 * Restores the backup `from` into `to`, a new folder or an empty prefix of a bucket, and verifies it.
 *
 * An interrupted restore is completed.
 *
 * @throws RegistryError `ERR_REGISTRY_ARCHIVE_CONFLICT` when `to` has objects that the backup hasn't, and the errors of `importModels`.
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { backupRegistry, restoreRegistry } from '@fairlead/registry/maintenance';
 *
 * await backupRegistry(folderStore('./registry'), './backup.tar');
 * const { models, verified } = await restoreRegistry('./backup.tar', './restored');
 * console.log(models, verified.ok); // [ 'digits' ] true
 * ```
 */
export async function restoreRegistry(
  from: string,
  to: string,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const { onProgress } = checkOptions('restoreRegistry', options, { onProgress: 'optional' });
  const archive = await openArchive(from);
  const store = await openStore(to, { create: true });
  await refuseOthers(store, new Set(await keysOf(archive.entries())));
  const report = await importArchive(store, archive, {
    ...(onProgress && { onProgress }),
    processes: true,
  });
  return { ...report, verified: await verifyRegistry(store) };
}

/**
 * Checks a restore without writing: reads the backup to its end, and throws the errors of `restoreRegistry`.
 *
 * @throws RegistryError the errors of `restoreRegistry`
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { backupRegistry, checkRestore } from '@fairlead/registry/maintenance';
 *
 * await backupRegistry(folderStore('./registry'), './backup.tar');
 * const { dryRun, versions } = await checkRestore('./backup.tar', './restored');
 * console.log(dryRun, versions); // true 2
 * ```
 */
export async function checkRestore(from: string, to: string): Promise<ImportReport> {
  const archive = await openArchive(from);
  const store = await openStoreIfThere(to);
  if (store === undefined) {
    const { models, manifests, bodies, records } = await checkArchive(archive, { processes: true });
    const created = bodies.size + records.size;
    return { dryRun: true, models, versions: manifests.length, created, unchanged: 0 };
  }
  await refuseOthers(store, new Set(await keysOf(archive.entries())));
  return importArchive(store, archive, { dryRun: true, processes: true });
}

async function keysOf(entries: AsyncIterable<{ readonly key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of entries) keys.push(key);
  return keys;
}

async function refuseOthers(store: ObjectStore, keys: ReadonlySet<string>): Promise<void> {
  const there = await storeArchive(store, { everything: true });
  const other = there.records.find((key) => !keys.has(key));
  if (other === undefined) return;
  throw new RegistryError(
    'ERR_REGISTRY_ARCHIVE_CONFLICT',
    `${store.location} has ${other}, which the backup hasn't: restore into a new folder or an empty prefix`,
  );
}
