import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** Larger than any key or certificate: a file above it is another one. */
const MAX_BYTES = 1024 * 1024;

/** Owner and permission bits that a file of a secret may have at most. */
interface AllowedFile {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

/** Files that are only read, from which another one is written. */
export const rootOnly: AllowedFile = { uid: 0, gid: 0, mode: 0o600 };

/**
 * Reads a secret from a file of this host.
 *
 * @throws Error with the fix when it is missing, isn't a regular file, is too large, or other accounts may read it
 */
export async function readSecretFile(path: string, allowed: AllowedFile): Promise<Buffer> {
  let file: FileHandle;
  try {
    // A pipe would block without a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw error instanceof Error ? error : new Error(message);
    throw new Error(
      `it doesn't exist on this host: write it there, for example by sendSecret() of @fairlead/deploy`,
      { cause: error },
    );
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("it isn't a regular file");
    const mode = stats.mode & 0o7777;
    const fix = `run chown ${allowed.uid}:${allowed.gid} ${path} && chmod ${allowed.mode.toString(8)} ${path}`;
    if (stats.uid !== allowed.uid || (stats.gid !== allowed.gid && (mode & 0o070) !== 0)) {
      throw new Error(`its owner is ${stats.uid}:${stats.gid}: ${fix}`);
    }
    if ((mode & ~(allowed.mode | 0o400)) !== 0) {
      throw new Error(`its mode is ${mode.toString(8)}: ${fix}`);
    }
    if (stats.size > MAX_BYTES) {
      throw new Error(`it has ${stats.size} bytes, but a secret has at most ${MAX_BYTES}`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}
