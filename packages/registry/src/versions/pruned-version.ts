import { blobKey } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { Manifest } from './manifest.ts';
import { prunedLog } from './pruned-record.ts';

/** Error for a pruned version, with actor and reason; `undefined` if it wasn't pruned. */
export async function prunedError(
  store: ObjectStore,
  { model, version }: Manifest,
): Promise<RegistryError | undefined> {
  const pruned = await prunedLog(store, model).read(version);
  if (pruned === undefined) return undefined;
  const reason = pruned.reason === undefined ? '' : ` (${pruned.reason})`;
  return new RegistryError(
    'ERR_REGISTRY_VERSION_PRUNED',
    `the files of version ${version} of "${model}" were removed: ${pruned.actor} pruned it on ${pruned.at}${reason}; ` +
      'use another version, or import it from an export or a backup',
  );
}

/**
 * Checks that every file of `manifest` exists, with the length in the manifest.
 *
 * @throws RegistryError `ERR_REGISTRY_VERSION_PRUNED`, `ERR_REGISTRY_CORRUPT`
 */
export async function requireFiles(store: ObjectStore, manifest: Manifest): Promise<void> {
  const missing = await missingFile(store, manifest);
  if (missing === undefined) return;
  const { model, version } = manifest;
  throw (
    (await prunedError(store, manifest)) ??
    new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      `${JSON.stringify(missing)} of version ${version} of "${model}" is missing from ${store.location}; ` +
        'restore it from a backup, or push the same file again',
    )
  );
}

/** Returns the path of a file of `manifest` that is missing or has another length; `undefined` if there is none. */
export async function missingFile(
  store: ObjectStore,
  { files }: Manifest,
): Promise<string | undefined> {
  for (const { sha256, size, path } of files) {
    if ((await store.size(blobKey(sha256))) !== size) return path;
  }
  return undefined;
}
