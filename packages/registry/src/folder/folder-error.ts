import { RegistryError, type RegistryErrorCode } from '../errors/registry-error.ts';

interface Meaning {
  readonly code: RegistryErrorCode;
  readonly fix: string;
}

const meanings: Readonly<Record<string, Meaning>> = {
  ENOENT: {
    code: 'ERR_REGISTRY_STORE_NOT_FOUND',
    fix: 'check the path, and that its volume is mounted; "fairlead registry init" makes a new registry',
  },
  ENOTDIR: {
    code: 'ERR_REGISTRY_STORE_NOT_A_FOLDER',
    fix: 'a file is where a folder should be; give the path of a folder',
  },
  // Result of mkdir(2) where a file exists.
  EEXIST: {
    code: 'ERR_REGISTRY_STORE_NOT_A_FOLDER',
    fix: 'a file is where a folder should be; give the path of a folder',
  },
  EACCES: {
    code: 'ERR_REGISTRY_STORE_DENIED',
    fix: 'give this user read (and for pushing, write) permission on the folder',
  },
  EPERM: {
    code: 'ERR_REGISTRY_STORE_DENIED',
    fix: 'give this user read (and for pushing, write) permission on the folder',
  },
  EROFS: {
    code: 'ERR_REGISTRY_STORE_DENIED',
    fix: 'the file system is mounted read-only; mount it for writing to push',
  },
  ENOSPC: { code: 'ERR_REGISTRY_STORE_FULL', fix: 'make room on the volume and try again' },
  EDQUOT: { code: 'ERR_REGISTRY_STORE_FULL', fix: 'raise the disk quota and try again' },
  ELOOP: {
    code: 'ERR_REGISTRY_STORE_FOREIGN',
    fix: 'a symbolic link is where a plain file should be; replace it by the file itself',
  },
  ENXIO: {
    code: 'ERR_REGISTRY_STORE_FOREIGN',
    fix: 'a socket or a pipe is at the path of a file; move it',
  },
  EISDIR: {
    code: 'ERR_REGISTRY_STORE_FOREIGN',
    fix: 'a folder is at the path of a file; move it',
  },
};

// Result of link(2) on file systems without hard links, or across a mount point inside the folder.
const noLinks: ReadonlySet<string> = new Set(['EPERM', 'EXDEV', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** Returns the error code of the system (`ENOENT`, …) for a failed file operation; `undefined` for another error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/**
 * Converts the error of a file operation on the store at `location` to a RegistryError with the fix.
 *
 * Other errors than those of the system, such as one thrown by the body of a write, are returned unchanged.
 */
export function folderError(operation: string, location: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof RegistryError) return error;
  const meaning =
    operation === 'link' && noLinks.has(code)
      ? {
          code: 'ERR_REGISTRY_STORE_UNSUPPORTED' as const,
          fix: 'the registry needs hard links within one file system; keep it on a local disk or NFS',
        }
      : meanings[code];
  // The folder is opened itself, everything else is in it.
  const what = `${operation === 'open' ? operation : `${operation} in`} the registry folder`;
  return new RegistryError(
    meaning?.code ?? 'ERR_REGISTRY_STORE_UNAVAILABLE',
    `cannot ${what} ${location} (${code}): ` + (meaning?.fix ?? 'check the disk and try again'),
    { cause: error },
  );
}
