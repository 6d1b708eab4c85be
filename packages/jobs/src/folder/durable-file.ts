import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname } from 'node:path';

const FIRST_LINE_BYTES = 64 * 1024;

/** Whether a system call failed because of what is there, or isn't. */
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

/** Makes a folder, with those above it, that nobody else may look into. */
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
  // Also when a rival was first: it may die before it makes its name durable, and what we tell depends on it.
  await syncFolder(dirname(target));
  return linked;
}

/** Whether two names are of one file; a file with a single name has no second one. */
async function isSameFile(file: string, target: string): Promise<boolean> {
  try {
    const [one, other] = [await lstat(file), await lstat(target)];
    return one.nlink > 1 && one.ino === other.ino && one.dev === other.dev;
  } catch {
    // The error of link(2) says more.
    return false;
  }
}

/** Renames a file; false when it is gone, because somebody else was first. */
export function renameIfPresent(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(...presence);
}

/** Removes a file; false when it is gone. */
export function removeIfPresent(path: string): Promise<boolean> {
  return unlink(path).then(...presence);
}

/** Whether there is a file. */
export function isPresent(path: string): Promise<boolean> {
  return stat(path).then(...presence);
}

const presence = [
  () => true,
  (error: unknown) => {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  },
] as const;

/** A whole file; undefined when it isn't there. */
export function readIfPresent(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch(undefinedIfAbsent);
}

/** The beginning of a file, with its first line unless that is very long; undefined when it isn't there. */
export async function readStart(path: string): Promise<Buffer | undefined> {
  const handle = await open(path, 'r').catch(undefinedIfAbsent);
  if (handle === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_LINE_BYTES), 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function undefinedIfAbsent(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined;
  throw error;
}

/** Names in a folder, in order. */
export async function namesIn(path: string): Promise<string[]> {
  return (await readdir(path)).sort();
}
