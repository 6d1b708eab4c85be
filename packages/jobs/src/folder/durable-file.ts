import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  unlink,
} from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { MAX_HEAD_BYTES } from '../queue/packed-record.ts';

/** No queue writes a longer record: Node.js can't read one into memory. */
const MAX_RECORD_BYTES = 2 ** 31 - 1;
/** A link could lead out of the folder, and opening a pipe would wait for a writer. */
const READ_PLAIN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Returns true when a system call failed with one of the codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof Error && typeof code === 'string' && codes.includes(code);
}

/** Makes the names in a folder survive a power failure. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates a folder, with those above it, that only this account can read. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await syncFolder(dirname(path));
}

/** Writes a new file and makes its content survive a power failure; its name doesn't yet. */
export async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Gives a file another name as well, durably, unless that is taken by another file; resolves to whether it did.
 *
 * On NFS the reply to a successful link(2) can be lost: the repeated call then finds the name taken, or times out. The
 * file that has the name decides (https://man7.org/linux/man-pages/man2/open.2.html, O_EXCL).
 */
export async function linkIfAbsent(file: string, target: string): Promise<boolean> {
  let linked = true;
  try {
    await link(file, target);
  } catch (error) {
    linked = await isSameFile(file, target);
    if (!linked && !hasCode(error, 'EEXIST')) throw error;
  }
  // Also when another process was first: it may die before it makes its name durable, and the result depends on it.
  await syncFolder(dirname(target));
  return linked;
}

/** Returns true for two names of one file. */
async function isSameFile(file: string, target: string): Promise<boolean> {
  try {
    const [one, other] = [await lstat(file), await lstat(target)];
    return one.nlink > 1 && one.ino === other.ino && one.dev === other.dev;
  } catch {
    // The error of link(2) says more.
    return false;
  }
}

/** Renames a file; false when it doesn't exist, because another process was first. */
export function renameIfPresent(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(...presence);
}

/** Removes a file; false when it doesn't exist. */
export function removeIfPresent(path: string): Promise<boolean> {
  return unlink(path).then(...presence);
}

/** Resolves to true when a plain file exists. */
export function isPresent(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isFile(),
    (error: unknown) => {
      undefinedIfAbsent(error);
      return false;
    },
  );
}

const presence = [
  () => true,
  (error: unknown) => {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  },
] as const;

/** Reads a whole file; undefined when there is no plain file of that name. */
export function readIfPresent(path: string): Promise<Buffer | undefined> {
  return withPlainFile(path, (handle, size) =>
    size > MAX_RECORD_BYTES ? Promise.resolve(undefined) : handle.readFile(),
  );
}

/** Start of a file. */
export interface FileStart {
  readonly bytes: Buffer;
  /** Size of the whole file in bytes. */
  readonly size: number;
}

/** Reads the start of a file, up to 64 KiB; undefined when there is no plain file of that name. */
export function readStart(path: string): Promise<FileStart | undefined> {
  return withPlainFile(path, async (handle, size) => {
    const length = Math.min(size, MAX_HEAD_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return { bytes: buffer.subarray(0, bytesRead), size };
  });
}

/** Opens a plain file for `work`, which gets its size in bytes; undefined for a link, a pipe or a folder, which no queue made. */
async function withPlainFile<T>(
  path: string,
  work: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T | undefined> {
  const handle = await open(path, READ_PLAIN).catch((error: unknown) => {
    if (!hasCode(error, 'ELOOP', 'ENXIO')) undefinedIfAbsent(error);
    return undefined;
  });
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    return stats.isFile() ? await work(handle, stats.size) : undefined;
  } finally {
    await handle.close();
  }
}

function undefinedIfAbsent(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined;
  throw error;
}

/** Names of the plain files in a folder, in order. */
export async function namesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}
