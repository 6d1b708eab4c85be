import { randomUUID } from 'node:crypto';
import { lstat, readdir, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkOptions } from '../checks/check-options.ts';
import { folderMaker, linkIfAbsent, syncFolder, writeNewFile } from './durable-file.ts';
import { folderError, systemCode } from './folder-error.ts';
import type { ObjectStore, StoreEntry } from '../store/object-store.ts';
import { PlainFolder } from './plain-folder.ts';
import { readChunks } from '../store/read-chunks.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { isKeySegment } from '../store/store-key.ts';

/** Settings of {@link folderStore}. */
export interface FolderStoreOptions {
  /**
   * Creates the folder if it is missing, instead of an error.
   *
   * @defaultValue false
   */
  readonly create?: boolean;
}

/** Folder of unfinished writes. Its name is no segment of a key, so it contains no object. */
const TEMPORARY = '.tmp';

/**
 * Stores a registry in the folder `path`, on a file system with hard links (any local one, NFS).
 *
 * Several processes and hosts can use one folder concurrently. A write prepares a temporary file, syncs it, links it to
 * its name and syncs the folder: at any moment an object is complete and durable, or missing. Symbolic links
 * inside the folder aren't followed.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`; `ERR_REGISTRY_STORE_NOT_FOUND` when the folder is missing and `create` is not set;
 * `ERR_REGISTRY_STORE_NOT_A_FOLDER`; `ERR_REGISTRY_STORE_DENIED`.
 *
 * @example
 * ```ts
 * import { folderStore, ModelRegistry } from '@fairlead/registry';
 *
 * const registry = new ModelRegistry({ store: folderStore('./models', { create: true }) });
 * console.log(await registry.listModels()); // []
 * ```
 */
export function folderStore(path: string, options: FolderStoreOptions = {}): ObjectStore {
  const { create = false } = checkOptions('folderStore', options, { create: 'optional' });
  const folder = new PlainFolder(path, create);
  const temporaries = join(folder.root, TEMPORARY);
  const ensureFolder = folderMaker(folder.root);

  const sizeOf: ObjectStore['size'] = (key) =>
    folder.ifPresent('read', () =>
      folder.useObject(key, async (handle) => (await handle.stat()).size),
    );

  return {
    location: folder.location,

    async create(key, body) {
      const target = folder.pathOf(key);
      const streamed = typeof body === 'function';
      if (streamed && (await sizeOf(key)) !== undefined) {
        await folder.attempt('sync', () => syncFolder(dirname(target)));
        return false;
      }
      const temporary = join(temporaries, randomUUID());
      await folder.attempt('write', () => ensureFolder(temporaries));
      try {
        await writeNewFile(temporary, streamed ? body() : [body], (error) =>
          folderError('write', folder.location, error),
        );
        await folder.attempt('write', () => ensureFolder(dirname(target)));
        return await folder.attempt('link', () => linkIfAbsent(temporary, target));
      } finally {
        // The result of the write is known; a file that can't be removed stays until a sweep.
        await rm(temporary, { force: true }).catch(() => undefined);
      }
    },

    read: (key, { maxBytes }) => readObject(folder, key, maxBytes),
    stream: (key) => streamObject(folder, key),
    size: sizeOf,
    list: (key) => listFolder(folder, key),

    age: (key) =>
      folder.ifPresent('read', () =>
        folder.useObject(key, async (handle) => Date.now() - (await handle.stat()).mtimeMs),
      ),

    async remove(key) {
      const file = folder.pathOf(key);
      await folder.ifPresent('remove', async () => {
        await folder.refuseLinked(dirname(file));
        await unlink(file);
        await syncFolder(dirname(file));
      });
    },

    async sweep(olderThanMs) {
      const names = await folder.ifPresent('sweep', () => readdir(temporaries));
      let removed = 0;
      for (const name of names ?? []) {
        if (await removeIfStale(join(temporaries, name), Date.now() - olderThanMs)) removed += 1;
      }
      return removed;
    },
  };
}

function readObject(
  folder: PlainFolder,
  key: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  return folder.ifPresent('read', () =>
    folder.useObject(key, async (handle) => {
      const { size } = await handle.stat();
      if (size <= maxBytes) return handle.readFile();
      throw new RegistryError(
        'ERR_REGISTRY_TOO_LARGE',
        `${key} in ${folder.location} has ${size} bytes, more than the limit of ${maxBytes}: no registry wrote it; ` +
          'move it out of the store',
      );
    }),
  );
}

async function* streamObject(folder: PlainFolder, key: string): AsyncGenerator<Uint8Array, void> {
  const handle = await folder.ifPresent('read', () => folder.openObject(key));
  if (handle === undefined) {
    throw new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      `${key} is missing from ${folder.location}; restore it, or push the same content again`,
    );
  }
  try {
    yield* readChunks(handle);
  } catch (error) {
    throw folderError('read', folder.location, error);
  } finally {
    await handle.close();
  }
}

async function listFolder(folder: PlainFolder, key: string): Promise<readonly StoreEntry[]> {
  const entries = await folder.ifPresent('list', async () => {
    const directory = key === '' ? folder.root : folder.pathOf(key);
    await folder.refuseLinked(directory);
    return readdir(directory, { withFileTypes: true });
  });
  return (entries ?? [])
    .filter((entry) => isKeySegment(entry.name) && (entry.isFile() || entry.isDirectory()))
    .map((entry) => ({
      name: entry.name,
      kind: entry.isFile() ? ('object' as const) : ('folder' as const),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function removeIfStale(file: string, touchedBefore: number): Promise<boolean> {
  try {
    if ((await lstat(file)).mtimeMs > touchedBefore) return false;
    await unlink(file);
    return true;
  } catch (error) {
    // Its writer has finished it, or it belongs to a user whose files this process may not remove.
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM' || code === 'EISDIR')
      return false;
    throw error;
  }
}
