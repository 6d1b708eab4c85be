import { lstat, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RegistryError, type RegistryErrorCode } from '../errors/registry-error.ts';
import { systemCode } from '../folder/folder-error.ts';

const meanings: Readonly<Record<string, RegistryErrorCode>> = {
  EEXIST: 'ERR_REGISTRY_ARCHIVE_CONFLICT',
  ENOENT: 'ERR_REGISTRY_INVALID_OPTION',
  ENOTDIR: 'ERR_REGISTRY_INVALID_OPTION',
  EACCES: 'ERR_REGISTRY_STORE_DENIED',
  EPERM: 'ERR_REGISTRY_STORE_DENIED',
  EROFS: 'ERR_REGISTRY_STORE_DENIED',
  ENOSPC: 'ERR_REGISTRY_STORE_FULL',
  EDQUOT: 'ERR_REGISTRY_STORE_FULL',
};

/**
 * Checks, before anything is written, that `path` can become a new file.
 *
 * @throws RegistryError `ERR_REGISTRY_ARCHIVE_CONFLICT` when there is something at `path`, which stays as it is;
 * `ERR_REGISTRY_INVALID_OPTION` when its folder is missing.
 */
export async function requireNewFile(path: string): Promise<void> {
  const target = resolve(path);
  if ((await lstat(target).catch(() => undefined)) !== undefined) throw exists(target);
  const folder = dirname(target);
  if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return;
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_OPTION',
    `cannot write ${target}: there is no folder ${folder}; make it first`,
  );
}

/** Error for a new file that can't be written. */
export function newFileError(target: string, cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause;
  const code = systemCode(cause) ?? '';
  if (code === 'EEXIST') return exists(target, { cause });
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError(
    meanings[code] ?? 'ERR_REGISTRY_ARCHIVE_INVALID',
    `cannot write ${target}: ${why}; give the path of a new file in a folder with room`,
    { cause },
  );
}

function exists(target: string, options?: ErrorOptions): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_ARCHIVE_CONFLICT',
    `cannot write ${target}: it exists already, and nothing in it was changed; give the path of a new file, or move the existing one`,
    options,
  );
}
