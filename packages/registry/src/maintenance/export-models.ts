import { checkOptions } from '../checks/check-options.ts';
import { stat } from 'node:fs/promises';
import { RegistryError } from '../errors/registry-error.ts';
import { openStore, openStoreIfThere } from '../open-store/open-store.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { withBlobLease } from '../leases/blob-lease.ts';
import { importArchive } from './import-models.ts';
import { isTarPath, isUrl } from './open-archive.ts';
import { type StoreArchive, storeArchive, type StoreArchiveOptions } from './store-archive.ts';
import { requireNewFile } from './new-file.ts';
import { writeTar } from './tar-archive.ts';

/** Options of {@link exportModels}. */
export interface ExportOptions {
  /**
   * Names of the models.
   *
   * @defaultValue all models
   */
  readonly models?: readonly string[];
  /**
   * Report what would be written, and write nothing.
   *
   * @defaultValue false
   */
  readonly dryRun?: boolean;
  /** Called for each written object, with the total number. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Result of an export or a backup. */
export interface ExportReport {
  readonly dryRun: boolean;
  /** Location of the export. */
  readonly location: string;
  /** Number of its objects; in a dry run, the number that it would have. */
  readonly objects: number;
  /** Number of written objects, or in a dry run of those that would be written; the others existed. */
  readonly created: number;
}

/**
 * Writes models with all their versions, aliases and histories to `to`, byte for byte.
 *
 * `to` is a new tar file (`models.tar`), or another store: a folder or `s3://bucket/prefix`, in which only missing
 * objects are written. The source may change concurrently: the export has its state at the start.
 *
 * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_ARCHIVE_INVALID` when the source isn't
 * intact, `ERR_REGISTRY_ARCHIVE_CONFLICT` when the file exists or the store has another history,
 * `ERR_REGISTRY_INVALID_OPTION` when the file's folder is missing, and `ERR_REGISTRY_STORE_…`
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { exportModels } from '@fairlead/registry/maintenance';
 *
 * const store = folderStore('./registry');
 * const { objects } = await exportModels(store, './digits.tar', { models: ['digits'] });
 * console.log(objects); // 6
 * ```
 */
export async function exportModels(
  store: ObjectStore,
  to: string,
  options: ExportOptions = {},
): Promise<ExportReport> {
  const names = { models: 'optional', dryRun: 'optional', onProgress: 'optional' } as const;
  return writeArchive(store, to, checkOptions('exportModels', options, names));
}

/** Writes the objects of a store that `options` select to `to`. */
export async function writeArchive(
  store: ObjectStore,
  to: string,
  options: ExportOptions & StoreArchiveOptions,
): Promise<ExportReport> {
  const { onProgress = () => undefined, dryRun = false } = options;
  await refuseFile(to);
  const archive = await storeArchive(store, options);
  if (dryRun) return wouldWrite(archive, to);
  return withReadLease(store, archive.blobs, async () => {
    const total = archive.blobs.length + archive.records.length;
    if (!isTarPath(to)) {
      const target = await openStore(to, { create: true });
      const { created, unchanged } = await importArchive(target, archive, {
        onProgress,
        processes: true,
      });
      return { dryRun, location: target.location, objects: created + unchanged, created };
    }
    let objects = 0;
    await writeTar(to, archive.entries(), () => {
      onProgress((objects += 1), total);
    });
    return { dryRun, location: to, objects, created: objects };
  });
}

/** Rejects a path at which a file exists, before anything is read. */
async function refuseFile(to: string): Promise<void> {
  if (isTarPath(to)) return requireNewFile(to);
  if (isUrl(to) || (await stat(to).catch(() => undefined))?.isFile() !== true) return;
  throw new RegistryError(
    'ERR_REGISTRY_ARCHIVE_CONFLICT',
    `cannot write to ${to}: it is a file, and nothing in it was changed; give a new file whose name ends in .tar, a folder, or s3://bucket/prefix`,
  );
}

async function wouldWrite(archive: StoreArchive, to: string): Promise<ExportReport> {
  const objects = archive.blobs.length + archive.records.length;
  const allNew = { dryRun: true, location: to, objects, created: objects };
  if (isTarPath(to)) return allNew;
  const target = await openStoreIfThere(to);
  if (target === undefined) return allNew;
  const { created } = await importArchive(target, archive, { dryRun: true, processes: true });
  return { ...allNew, location: target.location, created };
}

/** Leases the blobs against garbage collection while they are read, if the permissions allow it. */
async function withReadLease<T>(
  store: ObjectStore,
  blobs: StoreArchive['blobs'],
  work: () => Promise<T>,
): Promise<T> {
  const state = { begun: false };
  const begin = (): Promise<T> => {
    state.begun = true;
    return work();
  };
  try {
    return await withBlobLease(store, blobs, begin);
  } catch (error) {
    if (
      state.begun ||
      !(error instanceof RegistryError) ||
      error.code !== 'ERR_REGISTRY_STORE_DENIED'
    ) {
      throw error;
    }
    return begin();
  }
}
