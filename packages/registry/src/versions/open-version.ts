import { readBlob } from '../blobs/blob.ts';
import { modelNotFound } from './model-names.ts';
import { listSome } from '../store/list-some.ts';
import type { Manifest } from './manifest.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { missingFile, prunedError } from './pruned-version.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { VersionLog } from './version-log.ts';

/** A version, ready to be read. */
export interface OpenVersion {
  readonly manifest: Manifest;
  /**
   * Reads one file completely; fails unless its length and SHA-256 are those of the push.
   *
   * @throws RegistryError `ERR_REGISTRY_FILE_NOT_FOUND`, `ERR_REGISTRY_VERSION_PRUNED`, `ERR_REGISTRY_CORRUPT`
   */
  readonly read: (path: string) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads the manifest of a version that has to exist.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_VERSION`, `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`,
 * and the errors of reading a manifest.
 */
export async function requireManifest(
  store: ObjectStore,
  log: VersionLog,
  model: string,
  version: number,
): Promise<Manifest> {
  if (!isVersion(version)) throw invalidVersion(model, String(version));
  const manifest = await log.read(version);
  if (manifest !== undefined) return manifest;
  const latest = await log.head();
  if (latest === 0) throw await modelNotFound(store, model);
  throw new RegistryError(
    'ERR_REGISTRY_VERSION_NOT_FOUND',
    `there is no version ${version} of "${model}" in ${store.location}: the newest is ${latest}`,
  );
}

/** Returns whether a number can be that of a version. */
export function isVersion(version: number): boolean {
  return Number.isSafeInteger(version) && version >= 1;
}

/** Error for a number that can't be that of a version; `version` is the number as it was given. */
export function invalidVersion(model: string, version: string): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_INVALID_VERSION',
    `${version.slice(0, 40)} is not a version of "${model}": versions are 1, 2, 3, …`,
  );
}

/** Opens the files of `manifest` for reading. */
export function openManifest(store: ObjectStore, manifest: Manifest): OpenVersion {
  return {
    manifest,
    async read(path) {
      const file = manifest.files.find((candidate) => candidate.path === path);
      if (file !== undefined) {
        try {
          return await readBlob(store, file);
        } catch (error) {
          const pruned = await prunedError(store, manifest);
          if (pruned === undefined) throw error;
          if ((await missingFile(store, manifest)) !== undefined) throw pruned;
          // Damaged rather than missing, or pushed again by another process at this moment.
          return readBlob(store, file);
        }
      }
      const paths = manifest.files.map((candidate) => candidate.path);
      throw new RegistryError(
        'ERR_REGISTRY_FILE_NOT_FOUND',
        `version ${manifest.version} of "${manifest.model}" has no file ${JSON.stringify(path)}: ` +
          listSome(paths, 'it has', 'it has no files'),
      );
    },
  };
}
