import { open, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SecurityError } from './security-error.ts';

const WRITABLE_BY_OTHERS = 0o022;
/** Mode bit of folders in which only the owner of a file may rename or delete it, such as `/tmp`. */
const STICKY = 0o1000;
const MAX_ATTEMPTS = 3;

/**
 * Reads the text of a keys file that only its owner may change.
 *
 * The permissions are read from the opened file, so swapping the file between check and read doesn't bypass
 * them. Windows has no such permissions; they aren't checked there.
 *
 * @throws SecurityError `ERR_SECURITY_KEYS` with the command that fixes it, if the group or other accounts may write the file
 * or replace it in its folder; the error of `node:fs` if the file can't be read.
 */
export async function readKeysFile(file: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(file);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !wasRemovedDuringRead(error)) throw error;
    }
  }
}

async function readOnce(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    if (process.platform !== 'win32') {
      const { mode } = await handle.stat();
      if ((mode & WRITABLE_BY_OTHERS) !== 0) throw writable('The keys file', file, mode);
      // A link can be replaced in its folder, and its target in another one.
      for (const folder of new Set([dirname(file), dirname(await realpath(file))])) {
        const { mode: folderMode } = await stat(folder);
        if ((folderMode & WRITABLE_BY_OTHERS) !== 0 && (folderMode & STICKY) === 0) {
          throw writable('The folder of the keys file', folder, folderMode);
        }
      }
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** True if the file or its folder was opened and then removed: another attempt reads a new file, or fails to open it. */
function wasRemovedDuringRead(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' && syscall !== 'open';
}

function writable(what: string, path: string, mode: number): SecurityError {
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return new SecurityError(
    'ERR_SECURITY_KEYS',
    `${what} can be changed by other accounts (mode ${octal}), which could add keys. Run: chmod go-w ${quoted(path)}`,
  );
}

/** Quotes a path for a shell. */
function quoted(path: string): string {
  return /^[\w./:@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
