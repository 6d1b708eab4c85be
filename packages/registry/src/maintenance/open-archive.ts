import { stat } from 'node:fs/promises';
import { openStore } from '../open-store/open-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { Archive } from './archive.ts';
import { storeArchive } from './store-archive.ts';
import { tarArchive } from './tar-archive.ts';

/** Returns whether `location` names a tar file rather than a store. */
export function isTarPath(location: string): boolean {
  return /\.tar$/i.test(location) && !isUrl(location);
}

/** Returns whether `location` is a URL such as `s3://bucket/prefix` rather than a path. */
export function isUrl(location: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(location);
}

/**
 * Opens an export: a tar file, the folder of a registry, or `s3://bucket/prefix`.
 *
 * @throws RegistryError `ERR_REGISTRY_SOURCE_UNREADABLE`, and what `openStore` throws.
 */
export async function openArchive(location: string): Promise<Archive> {
  if (isUrl(location)) return wholeStore(location);
  const stats = await stat(location).catch((cause: unknown) => {
    throw new RegistryError(
      'ERR_REGISTRY_SOURCE_UNREADABLE',
      `there is no export at ${location}: give the path of a tar file, the folder of a registry, or s3://bucket/prefix`,
      { cause },
    );
  });
  return stats.isDirectory() ? wholeStore(location) : tarArchive(location);
}

async function wholeStore(location: string): Promise<Archive> {
  return storeArchive(await openStore(location), { everything: true });
}
